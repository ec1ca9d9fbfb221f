/** A number with labels, as Prometheus reads it. */
export interface Metric {
  /** Lines of the text exposition format 0.0.4. */
  lines(): string[];
}

export class Counter implements Metric {
  readonly #values = new Map<string, number>();

  constructor(
    private readonly name: string,
    private readonly help: string,
  ) {}

  add(amount: number, labels: Readonly<Record<string, string | number>> = {}): void {
    const key = labelText(labels);
    this.#values.set(key, (this.#values.get(key) ?? 0) + amount);
  }

  lines(): string[] {
    const values = this.#values.size === 0 ? [['', 0] as const] : [...this.#values];
    return [...head(this.name, this.help, 'counter'), ...values.map(([labels, value]) => `${this.name}${labels} ${value}`)];
  }
}

/** A value that is asked for when it is read. */
export class Gauge implements Metric {
  constructor(
    private readonly name: string,
    private readonly help: string,
    private readonly read: () => number,
  ) {}

  lines(): string[] {
    return [...head(this.name, this.help, 'gauge'), `${this.name} ${this.read()}`];
  }
}

export class Histogram implements Metric {
  readonly #counts: number[];
  #sum = 0;
  #count = 0;

  /** @param bounds upper bounds of the buckets, ascending */
  constructor(
    private readonly name: string,
    private readonly help: string,
    private readonly bounds: readonly number[],
  ) {
    this.#counts = bounds.map(() => 0);
  }

  observe(value: number): void {
    this.bounds.forEach((bound, index) => {
      if (value <= bound) this.#counts[index]! += 1;
    });
    this.#sum += value;
    this.#count += 1;
  }

  lines(): string[] {
    const buckets = this.bounds.map((bound, index) => `${this.name}_bucket{le="${bound}"} ${this.#counts[index]!}`);
    return [
      ...head(this.name, this.help, 'histogram'), ...buckets, `${this.name}_bucket{le="+Inf"} ${this.#count}`,
      `${this.name}_sum ${this.#sum}`, `${this.name}_count ${this.#count}`,
    ];
  }
}

function head(name: string, help: string, type: string): string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`];
}

function labelText(labels: Readonly<Record<string, string | number>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${String(value).replace(/[\\"\n]/g, '_')}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}
