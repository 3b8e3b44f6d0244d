import { join } from 'node:path'
import { RunFolder } from '../folder/run-folder.js'

/** Characters of an identity in a folder's name. */
const NAME_LENGTH = 16

/**
 * Where the teacher of an identity is trained for all runs.
 *
 * @param teachersFolder - of a comparison
 * @param identity - see `teacherIdentity`
 * @returns the folder, which need not be there
 */
export function sharedTeacherFolder(teachersFolder: string, identity: string): RunFolder {
  return RunFolder.at(join(teachersFolder, identity.slice(0, NAME_LENGTH)))
}
