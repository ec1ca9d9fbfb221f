/** Characters that make text read in another order than it is written: they can hide what a line of code or a link says. */
const reordering = /[\u202a-\u202e\u2066-\u2069]/g;

/** Text as it is shown: nothing in it reorders what stands around it. Right-to-left letters find their order without. */
export function visibleText(text: string): string {
  return text.replace(reordering, '');
}
