// Opens many connections to one port, says nothing on them, and holds each as long as it is let.
import { connect } from 'node:net';

const [count, host, port] = [Number(process.argv[2]), process.argv[3], Number(process.argv[4])];
let opened = 0;

function open() {
  const socket = connect(port, host);
  socket.once('connect', () => {
    opened += 1;
    if (opened === Math.min(count, 50)) process.stdout.write('open\n');
  });
  socket.on('error', () => undefined);
  socket.resume();
}

for (let made = 0; made < count; made += 50) {
  for (let index = 0; index < Math.min(50, count - made); index += 1) open();
  await new Promise((resolve) => setTimeout(resolve, 20));
}
process.stdout.write(`offered ${count}\n`);
await new Promise((resolve) => setTimeout(resolve, 600_000));
