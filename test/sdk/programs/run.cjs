// The same for CommonJS.
const sdk = require('hypereal-sdk');

import('./exercise.mjs').then(async ({ exercise }) => console.log(JSON.stringify(await exercise(sdk, {}))));
