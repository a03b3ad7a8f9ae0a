const { setInterval } = globalThis;

// An interval of n8n 1, which closes idle SSH connections, would keep the process alive.
globalThis.setInterval = (...args) => setInterval(...args).unref();
