export { type Look, startLook } from './look.ts';
export { type Entry, type PackedFile, pack, type Unpacked, unpack } from './tar.ts';
