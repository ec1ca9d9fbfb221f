/**
 * Draws the app's icons into build/icons (packages) and build/tray (beside the clock): `node scripts/make-icons.mjs`. They are committed, so
 * this is run again only when the drawing changes. The picture is a flame in a hearth's arch, drawn as shapes and sampled 16 times a pixel.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { crc32 } from './png-checksum.mjs';

const root = join(import.meta.dirname, '..');
const icons = join(root, 'build', 'icons');
const tray = join(root, 'build', 'tray');

/** Shapes are functions of a point in the unit square, y downwards. */
const roundedSquare = (inset, radius) => (x, y) => {
  const dx = Math.max(Math.abs(x - 0.5) - (0.5 - inset - radius), 0);
  const dy = Math.max(Math.abs(y - 0.5) - (0.5 - inset - radius), 0);
  return Math.hypot(dx, dy) <= radius;
};
const arch = (left, right, top, bottom) => (x, y) => {
  const radius = (right - left) / 2;
  if (y > bottom || x < left || x > right) return false;
  return y >= top + radius || Math.hypot(x - (left + right) / 2, y - top - radius) <= radius;
};
/** A drop with its tip upwards, leaning a little. */
const flame = (middle, tip, foot, width) => (x, y) => {
  const t = (y - tip) / (foot - tip);
  if (t < 0 || t > 1) return false;
  const lean = 0.05 * Math.sin((1 - t) * Math.PI) * (foot - tip);
  return Math.abs(x - middle - lean) <= width * Math.sin(Math.PI * t ** 1.6) * (1 - 0.25 * t);
};
const circle = (cx, cy, radius) => (x, y) => Math.hypot(x - cx, y - cy) <= radius;

const brick = [141, 58, 38], night = [43, 20, 20], orange = [247, 140, 38], yellow = [255, 214, 102];
const appIcon = [
  [roundedSquare(0.04, 0.2), brick],
  [arch(0.2, 0.8, 0.17, 0.86), night],
  [flame(0.5, 0.26, 0.86, 0.27), orange],
  [flame(0.5, 0.5, 0.86, 0.15), yellow],
];
const outline = (colour, fire) => [
  [(x, y) => arch(0.06, 0.94, 0.06, 0.94)(x, y) && !arch(0.18, 0.82, 0.18, 0.95)(x, y), colour],
  [flame(0.5, 0.27, 0.94, 0.3), fire],
];
const grey = [150, 150, 150], white = [255, 255, 255], red = [222, 62, 62], blue = [86, 156, 240];
const badge = (colour) => [[circle(0.8, 0.8, 0.2), colour]];
/** Idle, computing, leading, and in trouble differ in shape too: not everybody sees the colours, and macOS shows none. */
const trayStates = {
  idle: outline(grey, grey),
  working: [...outline(white, orange), [flame(0.5, 0.55, 0.94, 0.15), yellow]],
  master: [...outline(white, orange), ...badge(blue)],
  trouble: [...outline(white, orange), ...badge(red), [(x, y) => Math.abs(x - 0.8) < 0.03 && y > 0.67 && y < 0.93, white]],
};
const black = [0, 0, 0];
const hole = (shape, within) => (x, y) => within(x, y) && !shape(x, y);
const frame = (x, y) => outline(black, black)[0][0](x, y);
const trayTemplates = {
  idle: [[frame, black], [hole(flame(0.5, 0.42, 0.94, 0.2), flame(0.5, 0.27, 0.94, 0.3)), black]],
  working: [[frame, black], [flame(0.5, 0.27, 0.94, 0.3), black]],
  master: [[frame, black], [flame(0.5, 0.27, 0.94, 0.3), black], [circle(0.85, 0.15, 0.15), black]],
  trouble: [[frame, black], [(x, y) => Math.abs(x - 0.5) < 0.07 && ((y > 0.3 && y < 0.66) || (y > 0.74 && y < 0.88)), black]],
};

/** RGBA of a drawing, its later shapes over its earlier ones. */
function paint(shapes, size) {
  const samples = 4;
  const pixels = Buffer.alloc(size * size * 4);
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      const sum = [0, 0, 0];
      let covered = 0;
      for (let sample = 0; sample < samples * samples; sample++) {
        const x = (column + ((sample % samples) + 0.5) / samples) / size;
        const y = (row + (Math.floor(sample / samples) + 0.5) / samples) / size;
        const colour = shapes.findLast(([shape]) => shape(x, y))?.[1];
        if (colour === undefined) continue;
        covered++;
        colour.forEach((value, channel) => (sum[channel] += value));
      }
      if (covered === 0) continue;
      const at = (row * size + column) * 4;
      sum.forEach((value, channel) => (pixels[at + channel] = Math.round(value / covered)));
      pixels[at + 3] = Math.round((255 * covered) / samples ** 2);
    }
  }
  return pixels;
}

function png(shapes, size) {
  const pixels = paint(shapes, size);
  const rows = Buffer.alloc(size * (size * 4 + 1));
  for (let row = 0; row < size; row++) pixels.copy(rows, row * (size * 4 + 1) + 1, row * size * 4, (row + 1) * size * 4);
  const header = Buffer.alloc(13);
  header.writeUInt32BE(size, 0);
  header.writeUInt32BE(size, 4);
  header.set([8, 6, 0, 0, 0], 8);
  const chunk = (type, data) => {
    const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
    const framed = Buffer.alloc(body.length + 8);
    framed.writeUInt32BE(data.length, 0);
    body.copy(framed, 4);
    framed.writeUInt32BE(crc32(body), body.length + 4);
    return framed;
  };
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', deflateSync(rows, { level: 9 })), chunk('IEND', Buffer.alloc(0))]);
}

/** Windows: a list of PNGs. */
function ico(images) {
  const head = Buffer.alloc(6 + 16 * images.length);
  head.writeUInt16LE(1, 2);
  head.writeUInt16LE(images.length, 4);
  let offset = head.length;
  images.forEach(({ size, data }, index) => {
    const at = 6 + 16 * index;
    head.set([size % 256, size % 256, 0, 0, 1, 0, 32, 0], at);
    head.writeUInt32LE(data.length, at + 8);
    head.writeUInt32LE(offset, at + 12);
    offset += data.length;
  });
  return Buffer.concat([head, ...images.map(({ data }) => data)]);
}

/** macOS: PNGs under four-letter names that stand for their sizes. */
function icns(images) {
  const names = { 128: 'ic07', 256: 'ic08', 512: 'ic09', 1024: 'ic10' };
  const parts = images.filter(({ size }) => size in names).map(({ size, data }) => {
    const head = Buffer.from(`${names[size]}\0\0\0\0`, 'latin1');
    head.writeUInt32BE(data.length + 8, 4);
    return Buffer.concat([head, data]);
  });
  const head = Buffer.from('icns\0\0\0\0', 'latin1');
  head.writeUInt32BE(8 + parts.reduce((sum, part) => sum + part.length, 0), 4);
  return Buffer.concat([head, ...parts]);
}

mkdirSync(join(icons, 'linux'), { recursive: true });
mkdirSync(tray, { recursive: true });
const sizes = [16, 24, 32, 48, 64, 128, 256, 512, 1024].map((size) => ({ size, data: png(appIcon, size) }));
for (const { size, data } of sizes.filter(({ size: side }) => side <= 512)) writeFileSync(join(icons, 'linux', `${size}x${size}.png`), data);
writeFileSync(join(icons, 'icon.png'), sizes.at(-1).data);
writeFileSync(join(icons, 'icon.ico'), ico(sizes.filter(({ size }) => size <= 256)));
writeFileSync(join(icons, 'icon.icns'), icns(sizes));
for (const [state, shapes] of Object.entries(trayStates)) {
  writeFileSync(join(tray, `${state}.png`), png(shapes, 22));
  writeFileSync(join(tray, `${state}@2x.png`), png(shapes, 44));
  writeFileSync(join(tray, `${state}Template.png`), png(trayTemplates[state], 16));
  writeFileSync(join(tray, `${state}Template@2x.png`), png(trayTemplates[state], 32));
}
