/**
 * Vitest's words on Node's own test runner, for the few that the addon's tests use: vitest itself brings programs of the system
 * that it is installed on, so it does not run in a Node for another one.
 */
import * as nodeTest from 'node:test';
import { format } from 'node:util';
import { chai, GLOBAL_EXPECT, JestAsymmetricMatchers, JestChaiExpect, JestExtend, setState } from '@vitest/expect';

type Body<T extends unknown[]> = (...values: T) => unknown;
type Later = () => Promise<void>;
type Register = (name: string, body: Later) => unknown;

chai.use(JestExtend);
chai.use(JestChaiExpect);
chai.use(JestAsymmetricMatchers);
Object.defineProperty(globalThis, GLOBAL_EXPECT, { value: chai.expect, configurable: true });
setState({ assertionCalls: 0 }, chai.expect as never);

export const expect = chai.expect;

/** `each` spreads a row that is a list, as vitest does, and names the test after its values. */
function withEach(register: Register) {
  const each = (rows: readonly unknown[]) => (name: string, body: Body<never[]>): void => {
    for (const row of rows) {
      const values: unknown[] = Array.isArray(row) ? row : [row];
      const shown = values.slice(0, (name.match(/%[sidj]/g) ?? []).length);
      register(format(name, ...shown), async () => { await body(...(values as never[])); });
    }
  };
  return each;
}

const describeOne: Register = (name, body) => nodeTest.describe(name, body);
/** Thrown to leave a test that is to be skipped. */
const skipped = Symbol('skipped');

const testOne = (name: string, body: (context: { skip: (why: string) => void }) => unknown): void => {
  void nodeTest.test(name, async (context) => {
    const skip = (why: string): void => {
      context.skip(why);
      throw skipped; // eslint-disable-line @typescript-eslint/only-throw-error
    };
    try {
      await body({ skip });
    } catch (error) {
      if (error !== skipped) throw error;
    }
  });
};

export const describe = Object.assign(describeOne, {
  each: withEach(describeOne),
  skipIf: (skipped: boolean): Register => (name, body) => nodeTest.describe(name, { skip: skipped }, body),
});
export const test = Object.assign(testOne, { each: withEach(testOne) });
export const it = test;

export const beforeAll = (body: () => unknown): void => nodeTest.before(async () => { await body(); });
export const afterAll = (body: () => unknown): void => nodeTest.after(async () => { await body(); });
export const afterEach = (body: () => unknown): void => nodeTest.afterEach(async () => { await body(); });

export const vi = {
  /** Asks again every 50 ms until `check` stops throwing or the time is up. */
  async waitFor(check: () => void, { timeout }: { timeout: number }): Promise<void> {
    const deadline = performance.now() + timeout;
    for (;;) {
      try {
        check();
        return;
      } catch (error) {
        if (performance.now() > deadline) throw error;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  },
};
