import { z } from 'zod';
import { mostNames, mostSentence, mostText, type Values } from '../saying.js';

const code = z.string().regex(/^[A-Z][A-Z0-9_]{0,63}$/);
const sentence = z.string().min(1).max(mostSentence);
const place = z.string().regex(/^[a-zA-Z]{1,32}$/);
const plain = z.union([
  z.string().max(mostText), z.number(), z.strictObject({ bytes: z.number() }), z.strictObject({ seconds: z.number() }),
  z.array(z.string().max(mostText)).max(mostNames),
]);
const part = z.strictObject({ code, sentence, values: z.record(place, plain) });
// Whoever tells us may be a Hearth that had no values yet.
const values: z.ZodType<Values> = z.record(place, z.union([plain, z.array(part).max(mostNames)])).default({});

/** A saying from another process or laptop (`engine/saying.ts`), as fields of whatever carries it. */
export const sayingFields = { code, sentence, values };
export const sayingShape = z.strictObject(sayingFields);
