const { execFileSync } = require('node:child_process');
const { rmSync } = require('node:fs');
const { dest, parallel, series, src } = require('gulp');

function clean(done) {
	rmSync('dist', { recursive: true, force: true });
	done();
}

function compile(done) {
	execFileSync(
		process.execPath,
		[require.resolve('typescript/bin/tsc'), '-p', 'tsconfig.build.json'],
		{
			stdio: 'inherit',
		},
	);
	done();
}

const copy = (pattern) => src(pattern, { base: '.', encoding: false }).pipe(dest('dist'));
const icons = () => copy('nodes/**/*.svg');
const codex = () => copy('nodes/**/*.node.json');

exports.build = series(clean, parallel(compile, icons, codex));
