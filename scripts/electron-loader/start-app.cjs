/**
 * Stands where Electron's own default app stands: `electron [-r FILE]… APP_FOLDER` starts the app in that folder under
 * its own name, version and path. Test drivers inject themselves with `-r`.
 */
const { join, resolve } = require('node:path');
const { app } = require('electron');

const injected = [];
let folder;
for (let index = 1; index < process.argv.length && folder === undefined; index++) {
  const argument = process.argv[index];
  if (argument === '-r' || argument === '--require') injected.push(resolve(process.argv[++index]));
  else if (!argument.startsWith('-')) folder = resolve(argument);
}
if (folder === undefined) {
  console.error('Usage: electron [-r FILE]... APP_FOLDER');
  app.exit(2);
} else {
  for (const file of injected) require(file);
  const description = require(join(folder, 'package.json'));
  app.setName(description.productName ?? description.name);
  app.setVersion(description.version);
  app.setAppPath(folder);
  require(join(folder, description.main));
}
