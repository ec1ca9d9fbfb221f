import { execFileSync } from 'node:child_process';
import { cpSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { load } from 'js-yaml';

const root = join(import.meta.dirname, '..');
const architectures = { x64: 'amd64', arm64: 'arm64' };

/**
 * Makes a .deb of an unpacked app with dpkg-deb alone, and gives its path. electron-builder makes its own with fpm, which it downloads:
 * this one serves where nothing can be. What it says of the app comes from package.json and electron-builder.yml.
 */
export function makeDeb(unpacked, into) {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const { linux, deb } = load(readFileSync(join(root, 'electron-builder.yml'), 'utf8'));
  const architecture = architectures[process.arch];
  const work = mkdtempSync(join(tmpdir(), 'hearth-deb-'));
  try {
    cpSync(unpacked, join(work, 'opt', 'Hearth'), { recursive: true, verbatimSymlinks: true });
    write(join(work, 'usr/share/applications'), 'hearth.desktop', desktopEntry(linux));
    for (const icon of readdirSync(join(root, linux.icon))) {
      const folder = join(work, 'usr/share/icons/hicolor', icon.replace('.png', ''), 'apps');
      mkdirSync(folder, { recursive: true });
      cpSync(join(root, linux.icon, icon), join(folder, 'hearth.png'));
    }
    mkdirSync(join(work, 'usr/bin'), { recursive: true });
    symlinkSync('/opt/Hearth/hearth', join(work, 'usr/bin/hearth-app'));
    const control = [
      'Package: hearth', `Version: ${version}`, `Architecture: ${architecture}`, `Maintainer: ${linux.maintainer}`,
      `Installed-Size: ${Math.ceil(bytesIn(work) / 1024)}`, `Depends: ${deb.depends.join(', ')}`, 'Section: utils', 'Priority: optional',
      `Description: ${linux.synopsis}`, ` ${linux.description}`, '',
    ];
    write(join(work, 'DEBIAN'), 'control', control.join('\n'));
    // Chromium's own sandbox, where the kernel lets nobody but root make one.
    write(join(work, 'DEBIAN'), 'postinst', '#!/bin/sh\nset -e\nchmod 4755 /opt/Hearth/chrome-sandbox\n', 0o755);
    const file = join(into, `hearth-${version}-linux-${architecture}.deb`);
    execFileSync('dpkg-deb', ['--root-owner-group', '-Zgzip', '-z6', '--build', work, file], { stdio: ['ignore', 'ignore', 'inherit'] });
    return file;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

const desktopEntry = ({ synopsis, category }) => [
  '[Desktop Entry]', 'Type=Application', 'Name=Hearth', `Comment=${synopsis}`, 'Exec=/opt/Hearth/hearth %U', 'Icon=hearth', 'Terminal=false',
  `Categories=${category};`, 'StartupWMClass=Hearth', '',
].join('\n');

function write(folder, name, text, mode = 0o644) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, name), text, { mode });
}

function bytesIn(folder) {
  return readdirSync(folder, { recursive: true }).reduce((sum, name) => sum + lstatSync(join(folder, name)).size, 0);
}
