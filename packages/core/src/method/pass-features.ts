import type { FeatureRequirements, Requirements } from './distillation-method.js'

/**
 * Layers whose outputs the passes between epochs have: those of the training steps, and their own.
 *
 * @param requires - of a method
 * @returns each name once
 */
export function passFeatures({
  studentFeatures = [],
  teacherFeatures = [],
  passes = {},
}: Requirements = {}): Required<FeatureRequirements> {
  return {
    studentFeatures: [...new Set([...studentFeatures, ...(passes.studentFeatures ?? [])])],
    teacherFeatures: [...new Set([...teacherFeatures, ...(passes.teacherFeatures ?? [])])],
  }
}
