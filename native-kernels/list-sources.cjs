// Prints the addon's C++ files for one instruction set ('avx2', 'avx512', 'avx512vnni', 'neon') or those for
// every processor ('all'), so that binding.gyp gives each its own compiler flags. A file names its instruction set between dashes.
const { readdirSync } = require('node:fs');

const [folder, wanted] = process.argv.slice(2);
const sets = ['avx2', 'avx512', 'avx512vnni', 'neon'];

function setOf(file) {
  return file.slice(0, -'.cpp'.length).split('-').find((part) => sets.includes(part)) ?? 'all';
}

for (const file of readdirSync(folder).sort()) {
  if (file.endsWith('.cpp') && setOf(file) === wanted) console.log(`${folder}/${file}`);
}
