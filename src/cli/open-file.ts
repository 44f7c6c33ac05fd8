/** Open a file or an address in the program that the platform has for it. */
import { spawn } from 'node:child_process';

/** Program and parameters; nothing of it passes a shell. */
export function openerOf(platform: NodeJS.Platform, target: string): readonly [string, ...string[]] {
  if (platform === 'darwin') return ['open', target];
  if (platform === 'win32') return ['rundll32', 'url.dll,FileProtocolHandler', target];
  return ['xdg-open', target];
}

/** Start the opener and leave it running. False where there is none, or no desktop that it could show anything on. */
export function openTarget(target: string): Promise<boolean> {
  const { platform, env } = process;
  // Without a desktop, xdg-open starts whatever it finds in the terminal.
  const hasDesktop = platform === 'darwin' || platform === 'win32' || env.DISPLAY || env.WAYLAND_DISPLAY;
  if (!hasDesktop) return Promise.resolve(false);
  const [program, ...parameters] = openerOf(platform, target);
  return new Promise((resolve) => {
    const child = spawn(program, parameters, { shell: false, detached: true, stdio: 'ignore' });
    child.once('error', () => resolve(false));
    child.once('spawn', () => {
      child.unref();
      resolve(true);
    });
  });
}
