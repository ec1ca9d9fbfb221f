import { WrongUseError } from '../../engine/errors.js';

/** What stands between a link of the page and the person's browser. */
export interface LinkDoor {
  /** Shows the person where the link leads; true if they want to go there. */
  agree: (address: string) => Promise<boolean>;
  open: (address: string) => Promise<void>;
}

/** Opens a link in the person's browser after they agreed. Anything but a plain web address by https is refused. */
export async function openLink(link: string, door: LinkDoor): Promise<void> {
  const address = checkedLink(link);
  if (await door.agree(address)) await door.open(address);
}

/** The address as a browser would read it: international names in their ASCII form, so that look-alikes show. Pure. */
export function checkedLink(link: string): string {
  let url: URL | null = null;
  try {
    url = new URL(link);
  } catch {
    // Refused below.
  }
  if (url === null || url.protocol !== 'https:' || url.username !== '' || url.password !== '' || url.hostname === '') {
    throw new WrongUseError('WEB_LINK_REFUSED', 'Hearth opens https addresses only: this link was not opened.');
  }
  return url.href;
}
