import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type Page } from '@playwright/test';
import { newProfile, writeChat } from '../chat-profile.js';
import { startApp, type RunningApp } from '../launch-app.js';
import { changeSettings } from '../page-access.js';

const folder = join(import.meta.dirname, '../../../screenshots');

const bread = `Bread needs only four things:

1. **Flour**, best from wheat or rye
2. Water, about 70 % of the flour
3. Salt, 2 %
4. Yeast, or a *sourdough*

| Step | Time |
|---|---|
| Knead | 10 minutes |
| Rest | 12 hours |
| Bake | 45 minutes |

\`\`\`python
def water(flour_grams: float, hydration: float = 0.7) -> float:
    """Grams of water for a dough."""
    return flour_grams * hydration  # 500 g of flour: 350 g
\`\`\`

More at [a baker's page](https://example.org/bread).`;

/** Lets fonts, sizes and menus settle. */
const settle = (page: Page): Promise<unknown> => page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 400)));

/** Moves what scrolls on a page on by a window full; false at its end. */
const scrollOn = (page: Page): Promise<boolean> => page.evaluate(() => {
  const area = [...document.querySelectorAll('main, main *')].find((one) => getComputedStyle(one).overflowY === 'auto' && one.scrollHeight > one.clientHeight + 8);
  if (area === undefined) return false;
  const before = area.scrollTop;
  area.scrollTop += area.clientHeight - 40;
  return area.scrollTop > before + 4;
});

/** A picture of the window as it is, at any zoom: the page's own takes no account of it. */
async function picture({ app, page }: RunningApp, name: string): Promise<void> {
  await settle(page);
  const png = await app.evaluate(async ({ BrowserWindow }) => (await BrowserWindow.getAllWindows()[0]!.webContents.capturePage()).toPNG().toString('base64'));
  writeFileSync(join(folder, `${name}.png`), Buffer.from(png, 'base64'));
}

const zoom = ({ app }: RunningApp, factor: number): Promise<void> =>
  app.evaluate(({ BrowserWindow }, value) => BrowserWindow.getAllWindows()[0]!.webContents.setZoomFactor(value), factor);

/** Every page as it is now, from its top to its end. Keys are pressed and nothing is clicked: the driver knows nothing of the zoom. */
async function everyPage(running: RunningApp, ending: string): Promise<void> {
  const { page } = running;
  const whole = async (name: string): Promise<void> => {
    let part = 1;
    do await picture(running, `${name}-${part++}-${ending}`); while (await scrollOn(page));
  };
  await changeSettings(page, { welcomed: false });
  await page.getByRole('radio').first().waitFor({ timeout: 60_000 });
  await whole('first-run');
  await changeSettings(page, { welcomed: true });
  const pages = page.getByRole('navigation').getByRole('button');
  for (const [index, name] of ['chat-new', 'laptops', 'models', 'settings'].entries()) {
    await pages.nth(index).press('Enter');
    if (name === 'models') await page.getByRole('listitem').nth(3).waitFor({ timeout: 60_000 });
    await whole(name);
  }
  await pages.first().press('Enter');
  await page.keyboard.press('Alt+ArrowDown');
  await page.getByRole('heading', { name: 'How to bake bread' }).waitFor();
  await picture(running, `chat-${ending}`);
  await page.keyboard.press('Control+,');
  await page.getByRole('dialog').getByRole('button', { expanded: false }).last().press('Enter');
  await picture(running, `chat-settings-${ending}`);
  await page.keyboard.press('Escape');
  await page.keyboard.press('Control+/');
  await picture(running, `shortcuts-${ending}`);
  await page.keyboard.press('Escape');
  await page.keyboard.press('Control+n');
}

test('every page, in both themes, both languages and at 125 %', async () => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const profile = newProfile();
  writeChat(profile, 1, 'Ideas for the garden', ['What grows in shade?', 'Ferns and hostas.']);
  writeChat(profile, 2, 'How to bake bread', ['How do I bake bread?', bread]);
  const running = await startApp(profile, []);
  try {
    for (const factor of [1, 1.25]) {
      await zoom(running, factor);
      for (const language of ['en', 'de'] as const) {
        for (const theme of ['light', 'dark'] as const) {
          await changeSettings(running.page, { language, theme });
          await everyPage(running, `${theme}-${language}${factor === 1 ? '' : '-125'}`);
        }
      }
    }
    await running.page.keyboard.press('Alt+ArrowDown');
    await zoom(running, 2);
    await picture(running, 'chat-200');
  } finally {
    await running.app.close();
    await rm(profile, { recursive: true, force: true });
  }
});
