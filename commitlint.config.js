/**
 * The messages since 6511053 follow Conventional Commits (npm run lint:commits).
 *
 * @type {import('@commitlint/types').UserConfig}
 */
module.exports = { extends: ['@commitlint/config-conventional'] };
