/**
 * Loaded with `node --expose-gc --import` into a process whose memory is measured: what is left after a collection is
 * what the process holds, while V8 alone would let garbage stand for as long as there is room.
 */
import { setInterval } from 'node:timers';

setInterval(() => globalThis.gc(), 1000).unref();
