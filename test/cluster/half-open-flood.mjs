// Opens many connections to one port, says nothing on them, and counts how many are dropped.
import { connect } from 'node:net';

const [count, host, port] = [Number(process.argv[2]), process.argv[3], Number(process.argv[4])];
let opened = 0;
let dropped = 0;
let told = false;

function open() {
  const socket = connect(port, host);
  socket.once('connect', () => {
    opened += 1;
    if (!told && opened >= Math.min(count, 50)) {
      told = true;
      process.stdout.write('open\n');
    }
  });
  socket.on('error', () => undefined);
  socket.resume();
  socket.once('close', () => {
    dropped += 1;
    if (dropped === count - 16) process.stdout.write(`dropped ${dropped}\n`);
  });
}

for (let made = 0; made < count; made += 50) {
  for (let index = 0; index < Math.min(50, count - made); index += 1) open();
  await new Promise((resolve) => setTimeout(resolve, 20));
}
await new Promise((resolve) => setTimeout(resolve, 600_000));
