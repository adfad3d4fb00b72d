/** A thread with tensors of its own: its handles are what another environment must not take for its own. */
import { parentPort } from 'node:worker_threads';
import { native } from '../../../dist/torch/addon.js';

const handles = [];
for (let i = 0; i < 60; i++) {
  const handle = native.ones([2, 3], 'float32', 'cpu');
  if (i % 3 === 0) native.release(handle);
  else handles.push(handle);
}
parentPort.postMessage(handles);
parentPort.on('message', () => {});
