/** What a method wants of student and teachers for one form of the inputs. */
export interface ViewNeeds {
  /** Features of the student. With false the student does not run on this view, which then has no student logits. */
  readonly student?: readonly string[] | false
  /** Features of every teacher or, as a list of lists, of each. With false no teacher is asked about this view. */
  readonly teachers?: FeatureNames | false
}

/** Names of features that every teacher shall give; or one list for each, for teachers of different architectures. */
export type FeatureNames = readonly string[] | readonly (readonly string[])[]

/** Layers whose outputs a method reads; `'penultimate'` is the input of the last dense layer. */
export interface FeatureNeeds {
  readonly studentFeatures?: readonly string[]
  /** If a method needs them in its training steps, the teachers run at every step. */
  readonly teacherFeatures?: FeatureNames
}

/** What a method needs beside labels and student logits. It is checked before a run begins. */
export interface Needs extends FeatureNeeds {
  /**
   * The least number of teachers. `'all'` means one or more, all of which are used.
   * @defaultValue 0
   */
  readonly teachers?: number | 'all'
  /** Features that only the passes between epochs need. The training steps then do not compute them. */
  readonly passes?: FeatureNeeds
  /** Further forms of the inputs that its `views` makes, by name. */
  readonly views?: Readonly<Record<string, ViewNeeds>>
  /**
   * Whether the method learns on a validation split.
   * @defaultValue false
   */
  readonly validation?: boolean
  /** Teachers that learn, by their number from 0: they must be models that run here. */
  readonly learningTeachers?: readonly number[]
  /**
   * Names of the tasks that it can do; `'any'` for all that have a loss and, with teachers, a divergence.
   * @defaultValue ['classification']
   */
  readonly tasks?: readonly string[] | 'any'
  /**
   * Whether `examples` wants the outputs of student and teachers.
   * @defaultValue false
   */
  readonly exampleOutputs?: boolean
}

/**
 * The features that a method reads of one teacher.
 *
 * @param names - of every teacher, or of each
 * @param teacher - its number, from 0
 * @returns the names
 */
export function featuresOfTeacher(names: FeatureNames | undefined, teacher: number): readonly string[] {
  if (names === undefined || names.length === 0) return []
  return typeof names[0] === 'string' ? (names as readonly string[]) : ((names[teacher] as string[]) ?? [])
}

/**
 * The features that the passes between epochs have: those of the training steps, and their own.
 *
 * @param needs - of a method
 * @param teachers - how many there are
 * @returns each name once
 */
export function passFeatures(
  needs: Needs,
  teachers: number,
): { readonly student: readonly string[]; readonly teachers: readonly (readonly string[])[] } {
  const { studentFeatures = [], teacherFeatures, passes = {} } = needs
  return {
    student: [...new Set([...studentFeatures, ...(passes.studentFeatures ?? [])])],
    teachers: Array.from({ length: teachers }, (_, teacher) => [
      ...new Set([
        ...featuresOfTeacher(teacherFeatures, teacher),
        ...featuresOfTeacher(passes.teacherFeatures, teacher),
      ]),
    ]),
  }
}

/**
 * All features that a method reads anywhere: in training steps, in passes and in further views.
 *
 * @param needs - of a method
 * @param teachers - how many there are
 * @returns each name once
 */
export function allFeatures(needs: Needs, teachers: number): ReturnType<typeof passFeatures> {
  const inPasses = passFeatures(needs, teachers)
  const views = Object.values(needs.views ?? {})
  const ofStudent = views.flatMap(({ student }) => (student === false ? [] : (student ?? [])))
  const ofTeacher = (teacher: number): string[] =>
    views.flatMap((view) => (view.teachers === false ? [] : featuresOfTeacher(view.teachers, teacher)))
  return {
    student: [...new Set([...inPasses.student, ...ofStudent])],
    teachers: inPasses.teachers.map((names, teacher) => [...new Set([...names, ...ofTeacher(teacher)])]),
  }
}

/**
 * Puts the needs of two methods together.
 *
 * @param first - of one method
 * @param second - of the other, or of what is put around the first
 * @returns what satisfies both
 */
export function unitedNeeds(first: Needs, second: Needs): Needs {
  const united: Needs = {
    teachers: moreTeachers(first.teachers ?? 0, second.teachers ?? 0),
    ...features(first, second),
    passes: features(first.passes ?? {}, second.passes ?? {}),
    views: { ...first.views, ...second.views },
    validation: first.validation === true || second.validation === true,
    learningTeachers: [...new Set([...(first.learningTeachers ?? []), ...(second.learningTeachers ?? [])])],
    exampleOutputs: first.exampleOutputs === true || second.exampleOutputs === true,
  }
  return {
    ...Object.fromEntries(Object.entries(united).filter(([, value]) => !isEmpty(value))),
    // An empty list stays: two methods without a common task can do none, not the default.
    tasks: commonTasks(first.tasks, second.tasks),
  }
}

function isEmpty(value: unknown): boolean {
  if (value === false || value === 0) return true
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0
}

function moreTeachers(first: number | 'all', second: number | 'all'): number | 'all' {
  if (first === 'all' || second === 'all') {
    const other = first === 'all' ? second : first
    return other === 'all' || other <= 1 ? 'all' : other
  }
  return Math.max(first, second)
}

function features(first: FeatureNeeds, second: FeatureNeeds): FeatureNeeds {
  const student = [...new Set([...(first.studentFeatures ?? []), ...(second.studentFeatures ?? [])])]
  const teacher = unitedFeatures(first.teacherFeatures, second.teacherFeatures)
  return {
    ...(student.length > 0 && { studentFeatures: student }),
    ...(teacher !== undefined && { teacherFeatures: teacher }),
  }
}

function unitedFeatures(
  first: FeatureNames | undefined,
  second: FeatureNames | undefined,
): FeatureNames | undefined {
  const lists = [first, second].filter((names) => names !== undefined && names.length > 0) as FeatureNames[]
  if (lists.length === 0) return undefined
  if (lists.every((names) => typeof names[0] === 'string')) return [...new Set(lists.flat() as string[])]
  const teachers = Math.max(...lists.map((names) => (typeof names[0] === 'string' ? 0 : names.length)))
  return Array.from({ length: teachers }, (_, teacher) => [
    ...new Set(lists.flatMap((names) => featuresOfTeacher(names, teacher))),
  ])
}

function commonTasks(
  first: Needs['tasks'] = ['classification'],
  second: Needs['tasks'] = ['classification'],
): readonly string[] | 'any' {
  if (first === 'any') return second
  return second === 'any' ? first : first.filter((task) => second.includes(task))
}
