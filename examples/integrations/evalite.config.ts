import { defineConfig } from 'evalite/config';
import { createInMemoryStorage } from 'evalite/in-memory-storage';

/** Results in memory: evalite's file storage needs better-sqlite3, which is native code. */
export default defineConfig({ storage: () => createInMemoryStorage() });
