import { resolve } from 'node:path'
import { sharedTeacherFolder } from '../../run/training/shared-teacher-folder.js'
import type { Job } from './job.js'

/**
 * The folder that a job writes.
 *
 * @param job - checked
 * @param workspace - absolute
 * @returns an absolute path
 */
export function jobPlace(job: Job, workspace: string): string {
  return job.kind === 'teacher'
    ? sharedTeacherFolder(resolve(workspace, job.teachers), job.id).path
    : resolve(workspace, job.folder)
}
