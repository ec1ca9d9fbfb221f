import { WrongUseError } from '../../engine/errors.js';

/**
 * The address of a link of the page as a browser would read it: international names in their ASCII form, so that
 * look-alikes show. Anything but a plain web address by https is refused. Pure.
 */
export function checkedLink(link: string): string {
  let url: URL | null = null;
  try {
    url = new URL(link);
  } catch {
    // Refused below.
  }
  if (url === null || url.protocol !== 'https:' || url.username !== '' || url.password !== '' || url.hostname === '') {
    throw new WrongUseError('LINK_REFUSED', 'Hearth opens https addresses only: this link was not opened.');
  }
  return url.href;
}
