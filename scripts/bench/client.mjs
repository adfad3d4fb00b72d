/** Asks a server so many times over so many seconds, and sends how long each answer took. */
import http from 'node:http';

const [port, requests, seconds] = process.argv.slice(2).map(Number);
const agent = new http.Agent({ keepAlive: true });
const start = performance.now() + 100;

function ask() {
  const sent = performance.now();
  return new Promise((resolve, reject) => {
    http
      .get({ port, host: '127.0.0.1', agent }, (response) => {
        response.resume().on('end', () => resolve(performance.now() - sent));
      })
      .on('error', reject);
  });
}

const times = Array.from({ length: requests }, async (_, i) => {
  const due = start + (i * 1000 * seconds) / requests;
  await new Promise((resolve) => setTimeout(resolve, due - performance.now()));
  return ask();
});
process.send(await Promise.all(times));
process.disconnect();
