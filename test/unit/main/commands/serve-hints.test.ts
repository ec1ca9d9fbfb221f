import { describe, expect, it } from 'vitest';
import { baseUrl } from '../../../../engine/api/listen.js';
import { servingLines } from '../../../../main/commands/serve-hints.js';

const served = { url: 'http://127.0.0.1:11435/v1', fromOthers: [], modelId: 'guide', chats: true, needsKey: false };

describe('what `hearth serve` prints', () => {
  it('names the base URL and the model first, and ends with a command to type', () => {
    const lines = servingLines(served);
    expect(lines[0]).toBe('Hearth answers at http://127.0.0.1:11435/v1 with the model guide');
    expect(lines.at(-1)).toBe(
      `curl http://127.0.0.1:11435/v1/chat/completions -H "Content-Type: application/json" -d '{"model":"guide","messages":[{"role":"user","content":"Hello"}]}'`,
    );
  });

  it('goes on with a text where the model has no chats, and asks for the key where there is one', () => {
    const last = servingLines({ ...served, chats: false, needsKey: true, modelId: "it's" }).at(-1)!;
    expect(last).toContain('/v1/completions ');
    expect(last).toContain('Bearer $HEARTH_API_KEY');
    expect(last).toContain(`"it'\\''s"`);
  });

  it('tells where other machines reach it', () => {
    expect(servingLines({ ...served, fromOthers: [baseUrl('192.168.1.5', 11435)] })).toContain('Other machines reach it at http://192.168.1.5:11435/v1');
    expect(baseUrl('fd00::5', 80)).toBe('http://[fd00::5]:80/v1');
    expect([baseUrl('0.0.0.0', 80), baseUrl('::', 80)]).toEqual(['http://127.0.0.1:80/v1', 'http://127.0.0.1:80/v1']);
  });
});
