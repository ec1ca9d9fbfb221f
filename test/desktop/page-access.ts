import type { Page } from '@playwright/test';
import type { AppSettings } from '../../main/bridge-shapes/settings.js';

/** Changes settings past the page, as another window would. */
export async function changeSettings(page: Page, settings: Partial<AppSettings>): Promise<void> {
  await page.evaluate(
    (changed) => (globalThis as unknown as { hearth: { call(n: string, p: unknown): Promise<unknown> } }).hearth.call('changeSettings', changed), settings,
  );
}

/** What a person can act on, of a group of radio buttons only the one that the keyboard enters at. */
const actionable = 'button:enabled, input:enabled, textarea:enabled, select:enabled, a[href], [tabindex="0"]';

/**
 * What can be acted on and is not reached by Tab, as HTML; empty where the keyboard gets everywhere. Goes once around from wherever
 * the keyboard is.
 */
export async function unreachedByTab(page: Page): Promise<string[]> {
  await page.evaluate(() => {
    const seen = globalThis as unknown as { stops: Set<Element> };
    seen.stops = new Set();
    document.addEventListener('focusin', ({ target }) => seen.stops.add(target as Element));
  });
  const stops = (): Promise<number> => page.evaluate(() => (globalThis as unknown as { stops: Set<Element> }).stops.size);
  for (let before = -1, quiet = 0; quiet < 4;) {
    await page.keyboard.press('Tab');
    const now = await stops();
    quiet = now === before ? quiet + 1 : 0;
    before = now;
  }
  return page.evaluate((selector) => {
    const { stops: reached } = globalThis as unknown as { stops: Set<Element> };
    const isOffered = (element: Element): boolean =>
      element.checkVisibility() && element.closest('[aria-hidden="true"], [inert]') === null && !(element as HTMLElement).matches('[tabindex="-1"]');
    const isReached = (element: Element): boolean => {
      if (!(element instanceof HTMLInputElement) || element.type !== 'radio') return reached.has(element);
      return [...document.querySelectorAll('input')].some((other) => other.name === element.name && reached.has(other));
    };
    return [...document.querySelectorAll(selector)].filter((element) => isOffered(element) && !isReached(element)).map(({ outerHTML }) => outerHTML.slice(0, 200));
  }, actionable);
}

/**
 * What can be acted on and cannot be brought into view whole across the window's width, or is covered by something else; and whether the page
 * has to be moved sideways. Empty where all is well.
 */
export function outOfReach(page: Page): Promise<string[]> {
  return page.evaluate((selector) => {
    const problems: string[] = [];
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth > clientWidth) problems.push(`the page is ${scrollWidth - clientWidth} pixels too wide`);
    for (const element of document.querySelectorAll(selector)) {
      // A slider's input is inside what only screen readers see, which is in the thumb.
      const around = element.parentElement?.getBoundingClientRect().width === 1 ? element.parentElement.parentElement : null;
      const shown = element instanceof HTMLInputElement ? element.labels?.[0] ?? around ?? element : element;
      if (!shown.checkVisibility() || element.closest('[aria-hidden="true"], [inert]') !== null) continue;
      shown.scrollIntoView({ block: 'center', inline: 'nearest' });
      const { left, right, top, bottom } = shown.getBoundingClientRect();
      // What only screen readers see is as small as can be.
      if (right - left <= 1 || bottom - top <= 1) continue;
      const what = shown.outerHTML.slice(0, 160);
      if (left < -1 || right > innerWidth + 1) problems.push(`${what} reaches from ${left} to ${right} of ${innerWidth}`);
      const middle = document.elementFromPoint((left + right) / 2, Math.min(Math.max((top + bottom) / 2, 0), innerHeight - 1));
      if (middle === null || !(shown.contains(middle) || middle.contains(shown))) problems.push(`${what} is covered by ${middle?.outerHTML.slice(0, 160) ?? 'nothing'}`);
    }
    return problems;
  }, actionable);
}
