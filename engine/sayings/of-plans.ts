/** What is said of how a model is given out to the laptops of a home, and of memory (`engine/saying.ts`). */
export const sayingsOfPlans = {
  PLAN_ALONE: { name: 'text', model: 'text' },
  PLAN_SPLIT: { model: 'text', shares: 'sayings' },
  /** One of the shares above. */
  PLAN_SHARE: { name: 'text', percent: 'count' },
  PLAN_TIME_ARITHMETIC: { time: 'seconds' },
  PLAN_TIME_NETWORK: { time: 'seconds', arithmetic: 'seconds', network: 'seconds' },
  /** The weights that its memory cannot keep. */
  PLAN_TIME_DISK: { time: 'seconds', name: 'text' },
  /** The weights that pass through the memory window which a person chose. */
  PLAN_TIME_WINDOW: { time: 'seconds', name: 'text' },
  PLAN_FULL: { name: 'text', offered: 'bytes' },
  LEFT_OUT_SMALL: { name: 'text', offered: 'bytes', needed: 'bytes' },
  LEFT_OUT_FAR: { name: 'text', time: 'seconds', crossings: 'count', roundTrip: 'seconds' },
  LEFT_OUT_SLOW: { name: 'text' },

  /** One of the two below it. */
  MODEL_DOES_NOT_FIT: { because: 'sayings' },
  TOO_LITTLE_ROOM: { model: 'text', percent: 'count', laptops: 'names', name: 'text', missing: 'bytes', newcomer: 'bytes' },
  MASTER_TOO_SMALL: { model: 'text', name: 'text', offered: 'bytes', needed: 'bytes', missing: 'bytes' },
  MODEL_NO_LONGER_FITS: { name: 'text', because: 'sayings' },
  MEMORY_BUDGET_TOO_SMALL: { least: 'bytes', budget: 'bytes' },
  NOT_ENOUGH_MEMORY: { needed: 'bytes', available: 'bytes' },
} as const;
