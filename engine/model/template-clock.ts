const months = [
  'January', 'February', 'March', 'April', 'May', 'June',
  'July', 'August', 'September', 'October', 'November', 'December',
];
const days = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];

/**
 * Writes a date the way Python's strftime does in the C locale: models were trained on English month names, whatever
 * language this machine speaks. A directive that chat templates have no use for stays as it is.
 */
export function formatDate(date: Date, format: string): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const month = months[date.getMonth()] ?? '';
  const day = days[date.getDay()] ?? '';
  const directives: Record<string, () => string> = {
    Y: () => String(date.getFullYear()),
    y: () => two(date.getFullYear() % 100),
    m: () => two(date.getMonth() + 1),
    d: () => two(date.getDate()),
    e: () => String(date.getDate()).padStart(2, ' '),
    B: () => month,
    b: () => month.slice(0, 3),
    A: () => day,
    a: () => day.slice(0, 3),
    H: () => two(date.getHours()),
    I: () => two(date.getHours() % 12 || 12),
    M: () => two(date.getMinutes()),
    S: () => two(date.getSeconds()),
    p: () => (date.getHours() < 12 ? 'AM' : 'PM'),
    '%': () => '%',
  };
  return format.replace(/%-?([A-Za-z%])/g, (whole, letter: string) => {
    const written = directives[letter]?.() ?? whole;
    return whole.startsWith('%-') ? written.replace(/^[0 ](?=.)/, '') : written;
  });
}
