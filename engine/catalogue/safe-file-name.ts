/** Device names that Windows opens instead of a file, whatever the extension. */
const windowsDevice = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;
const ownFiles = new Set(['hearth-model.json', 'hearth-pull.lock']);
const longestPart = 200;
const deepest = 4;

/**
 * True for a relative path with forward slashes that stays inside its folder and is a plain file on every platform.
 * What a server lists is not trusted: `../x`, `/x`, `C:\x`, NUL and device names are not safe.
 */
export function isSafeFileName(path: string): boolean {
  const parts = path.split('/');
  return parts.length <= deepest && parts.every(isSafePart) && !ownFiles.has(path.toLowerCase());
}

function isSafePart(part: string): boolean {
  if (part === '' || part === '.' || part === '..' || part.length > longestPart) return false;
  if (/[\u0000-\u001f\u007f<>:"|?*\\]/.test(part)) return false;
  return !/[. ]$/.test(part) && !part.endsWith('.partial') && !windowsDevice.test(part);
}

/** True for a path that tries to leave its folder: no honest listing holds one. */
export function leavesItsFolder(path: string): boolean {
  return /^[/\\]|^[A-Za-z]:|\u0000/.test(path) || path.split(/[/\\]/).includes('..');
}
