// Predicting with a trained model: what a network takes image files for.
//
//     npx enas-torch run --out runs/first
//     node examples/predict.mjs runs/first photo.jpg folder-of-photos
//
// Prints a line for each image with its three most probable classes, or why it cannot be read, as soon as
// it is known; then how many there were.
import { predict } from 'enas-torch';

const [run, ...images] = process.argv.slice(2);

const job = predict(run, images, { top: 3 });
for await (const event of job) {
  if (event.type !== 'predict:image') continue;
  const { file, classes, error } = event.prediction;
  const shown = classes?.map((each) => `${each.class} ${(100 * each.probability).toFixed(1)} %`);
  // What an error says begins with the file.
  const said = shown ? `${file}: ${shown.join(', ')}` : error.message;
  console.log(`${event.done}/${event.total} ${said}`);
}

const predictions = await job.result();
const readable = predictions.filter((prediction) => 'classes' in prediction);
console.log(`${readable.length} of ${predictions.length} images classified`);
