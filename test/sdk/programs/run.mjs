// For runtimes with files: also uses paths and the environment. Prints its findings as JSON.
import * as sdk from 'hypereal-sdk';
import { exercise } from './exercise.mjs';

const found = await exercise(sdk, {});
const client = new sdk.Hypereal();
const path = await client.storage.uploadFile(await sdk.toFile('package.json'));
console.log(JSON.stringify({ ...found, path: path.filename }));
