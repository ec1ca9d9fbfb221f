/**
 * Has Apple notarise the signed app where the keys are given (APPLE_API_KEY: path of the .p8 file, APPLE_API_KEY_ID, APPLE_API_ISSUER); without
 * them, and on other systems, does nothing but say so.
 */
const { join } = require('node:path');

exports.default = async function notarise({ electronPlatformName, appOutDir, packager }) {
  if (electronPlatformName !== 'darwin') return;
  const { APPLE_API_KEY, APPLE_API_KEY_ID, APPLE_API_ISSUER } = process.env;
  if (!APPLE_API_KEY || !APPLE_API_KEY_ID || !APPLE_API_ISSUER) {
    console.log('  • not notarised: APPLE_API_KEY, APPLE_API_KEY_ID and APPLE_API_ISSUER are not all set');
    return;
  }
  const { notarize } = require('@electron/notarize');
  await notarize({
    appPath: join(appOutDir, `${packager.appInfo.productFilename}.app`),
    appleApiKey: APPLE_API_KEY, appleApiKeyId: APPLE_API_KEY_ID, appleApiIssuer: APPLE_API_ISSUER,
  });
};
