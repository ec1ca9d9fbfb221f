import { expect, type Page } from '@playwright/test';

/** Sends a question as a person does. */
export async function ask(page: Page, prompt: string): Promise<void> {
  await page.getByRole('textbox', { name: 'Message' }).fill(prompt);
  await page.getByRole('button', { name: 'Send', exact: true }).click();
}

/**
 * Waits until the last of `count` answers is there, whatever it says: a real model in a chat whose last answer was cut off may
 * well say that again.
 */
export async function expectAnswered(page: Page, count: number): Promise<void> {
  const answers = page.getByRole('article', { name: 'Answer' });
  await expect(answers).toHaveCount(count);
  await expect(answers.last().locator('.answer-text')).not.toBeEmpty({ timeout: 90_000 });
}
