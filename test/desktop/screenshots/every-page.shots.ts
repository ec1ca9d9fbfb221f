import { mkdirSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type Page } from '@playwright/test';
import { newProfile, writeChat } from '../chat-profile.js';
import { startApp } from '../launch-app.js';
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

test('every page, in both themes and both languages', async () => {
  mkdirSync(folder, { recursive: true });
  const profile = newProfile();
  writeChat(profile, 1, 'Ideas for the garden', ['What grows in shade?', 'Ferns and hostas.']);
  writeChat(profile, 2, 'How to bake bread', ['How do I bake bread?', bread]);
  const { app, page } = await startApp(profile, []);
  try {
    for (const language of ['en', 'de'] as const) {
      for (const theme of ['light', 'dark'] as const) {
        await changeSettings(page, { language, theme });
        const shoot = async (name: string): Promise<void> => {
          await settle(page);
          await page.screenshot({ path: join(folder, `${name}-${theme}-${language}.png`) });
        };
        await changeSettings(page, { welcomed: false });
        await page.getByRole('radio').first().waitFor({ timeout: 60_000 });
        await shoot('first-run');
        await changeSettings(page, { welcomed: true });
        const pages = page.getByRole('navigation').getByRole('button');
        for (let index = 0; index < await pages.count(); index++) {
          await pages.nth(index).click();
          await shoot(`page-${index + 1}`);
        }
        await pages.first().click();
        await page.getByRole('button', { name: 'How to bake bread', exact: true }).click();
        await shoot('chat');
        await page.keyboard.press('Control+,');
        await shoot('chat-settings');
        await page.keyboard.press('Escape');
        await page.keyboard.press('Control+/');
        await shoot('shortcuts');
        await page.keyboard.press('Escape');
        await page.keyboard.press('Control+n');
      }
    }
    await page.keyboard.press('Alt+ArrowDown');
    await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]!.webContents.setZoomFactor(2));
    await settle(page);
    // The page's own picture takes no account of the zoom.
    const png = await app.evaluate(async ({ BrowserWindow }) => (await BrowserWindow.getAllWindows()[0]!.webContents.capturePage()).toPNG().toString('base64'));
    writeFileSync(join(folder, 'chat-200-percent.png'), Buffer.from(png, 'base64'));
  } finally {
    await app.close();
    await rm(profile, { recursive: true, force: true });
  }
});
