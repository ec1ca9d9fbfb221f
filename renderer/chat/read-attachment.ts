import type { Attachment } from '../../main/bridge-shapes/conversation.js';
import type { MessageKey } from '../messages/languages.js';

/** Larger files do not fit a model's context, nor the person's patience (bytes). */
const mostBytes = 400_000;

/** A file's text, or why it is not taken. */
export async function readAttachment(file: File): Promise<{ attachment: Attachment } | { problem: MessageKey }> {
  if (file.size > mostBytes) return { problem: 'file.tooLarge' };
  const bytes = new Uint8Array(await file.arrayBuffer());
  if (bytes.includes(0)) return { problem: 'file.notText' };
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return { attachment: { name: file.name.slice(0, 255), text } };
  } catch {
    return { problem: 'file.notText' };
  }
}
