import { describeError } from '../demo/errors';
import { installN8n } from '../demo/install';
import { printStep } from '../demo/steps';

// The demo and the tests of a real n8n install it too, where it is missing. This lets other work go on
// meanwhile.
installN8n(printStep).catch((error: Error) => {
	console.error(describeError(error));
	process.exit(1);
});
