import { StringDecoder } from 'node:string_decoder';
import type { Socket } from 'node:net';
import { mostLineCharacters } from './socket-messages.js';

/** Cuts what a socket brings into lines. A line without end closes the socket. */
export function onLines(socket: Socket, take: (line: string) => void): void {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  socket.on('data', (chunk: Buffer) => {
    const lines = (rest + decoder.write(chunk)).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > mostLineCharacters) return void socket.destroy();
    for (const line of lines) take(line);
  });
}
