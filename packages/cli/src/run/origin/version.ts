import packageJson from '../../../package.json' with { type: 'json' }

/** Version of @kd/cli. */
export const version: string = packageJson.version
