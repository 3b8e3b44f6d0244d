/**
 * How this command was called, for hints that can be typed as they stand: installed in a project it is not in the shell's path.
 *
 * @param env - variables of the process; npx sets npm_command
 */
export function commandName(env: Readonly<Record<string, string | undefined>>): string {
  return env['npm_command'] === 'exec' ? 'npx kd' : 'kd'
}
