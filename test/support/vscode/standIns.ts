/**
 * Stand-ins for four native modules of the VS Code server that would have to be compiled. Each has the functions that the
 * server calls; a log really reaches its file, because an output channel shows what is in it.
 */
export const STAND_INS: Readonly<Record<string, string>> = {
  deviceid: "exports.getDeviceId = async () => 'tuneboard-test';\n",
  'fs-copyfile': `const fs = require('node:fs/promises');
exports.copyFile = (from, to, mode) => fs.copyFile(from, to, mode);
exports.cp = (from, to, options) => fs.cp(from, to, { recursive: true, ...options });
`,
  'native-watchdog': 'exports.start = () => {};\nexports.exit = (code) => process.exit(code);\n',
  spdlog: `const fs = require('node:fs');
const path = require('node:path');
const names = ['trace', 'debug', 'info', 'warning', 'error', 'critical', 'off'];
class Logger {
  constructor(name, file) {
    this.file = file;
    this.level = 2;
    this.plain = false;
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.closeSync(fs.openSync(file, 'a'));
  }
  write(level, message) {
    if (level < this.level) return;
    const time = new Date().toISOString().replace('T', ' ').replace('Z', '');
    fs.appendFileSync(this.file, this.plain ? message : time + ' [' + names[level] + '] ' + message + '\\n');
  }
  trace(message) { this.write(0, message); }
  debug(message) { this.write(1, message); }
  info(message) { this.write(2, message); }
  warn(message) { this.write(3, message); }
  error(message) { this.write(4, message); }
  critical(message) { this.write(5, message); }
  getLevel() { return this.level; }
  setLevel(level) { this.level = level; }
  setPattern() {}
  clearFormatters() { this.plain = true; }
  flush() {}
  drop() {}
}
exports.version = 0;
exports.setLevel = () => {};
exports.setFlushOn = () => {};
exports.shutdown = () => {};
exports.Logger = Logger;
exports.createRotatingLogger = async (name, file) => new Logger(name, file);
exports.createAsyncRotatingLogger = async (name, file) => new Logger(name, file);
`,
};
