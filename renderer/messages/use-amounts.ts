import { useIntl, type IntlShape } from 'react-intl';

const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const;

export interface Amounts {
  bytes: (bytes: number) => string;
  rate: (bytesPerSecond: number) => string;
  /** Milliseconds below one second, else seconds or minutes. */
  seconds: (seconds: number) => string;
  number: (value: number, digits?: number) => string;
}

/** Amounts with their units, as the chosen language writes them. */
export function useAmounts(): Amounts {
  return amountsIn(useIntl());
}

/** The same, for an `intl` of any language. */
export function amountsIn(intl: Pick<IntlShape, 'formatNumber'>): Amounts {
  const bytes = (value: number): string => {
    const step = Math.min(units.length - 1, value < 1000 ? 0 : Math.floor(Math.log10(value) / 3));
    const scaled = value / 1000 ** step;
    return intl.formatNumber(scaled, {
      style: 'unit', unit: units[step] ?? 'byte', unitDisplay: 'short', maximumFractionDigits: scaled < 10 && step > 1 ? 1 : 0,
    });
  };
  const amount = (value: number, unit: string, digits: number): string =>
    intl.formatNumber(value, { style: 'unit', unit, unitDisplay: 'short', maximumFractionDigits: digits });
  return {
    bytes,
    rate: (value) => `${bytes(value)}/s`,
    seconds: (value) =>
      value < 1 ? amount(value * 1000, 'millisecond', value < 0.01 ? 2 : 0)
      : value < 120 ? amount(value, 'second', value < 10 ? 1 : 0)
      : amount(value / 60, 'minute', 0),
    number: (value, digits = 1) => intl.formatNumber(value, { maximumFractionDigits: digits }),
  };
}
