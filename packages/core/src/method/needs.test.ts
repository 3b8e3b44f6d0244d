import { describe, expect, it } from 'vitest'
import { allFeatures, featuresOfTeacher, passFeatures, unitedNeeds, type Needs } from './needs.js'

describe('unitedNeeds', () => {
  it.each<[string, Needs, Needs, Needs]>([
    ['nothing and nothing', { tasks: 'any' }, { tasks: 'any' }, { tasks: 'any' }],
    ['the larger number of teachers', { teachers: 1 }, { teachers: 3 }, { teachers: 3 }],
    ['all teachers before one', { teachers: 'all' }, { teachers: 1 }, { teachers: 'all' }],
    ['two teachers at least before all', { teachers: 'all' }, { teachers: 2 }, { teachers: 2 }],
    [
      'each feature once',
      { studentFeatures: ['a', 'b'], passes: { teacherFeatures: ['c'] } },
      { studentFeatures: ['b'], passes: { teacherFeatures: ['d'] } },
      { studentFeatures: ['a', 'b'], passes: { teacherFeatures: ['c', 'd'] } },
    ],
    [
      'features of every teacher with those of each',
      { teacherFeatures: ['a'] },
      { teacherFeatures: [['b'], ['a', 'c']] },
      {
        teacherFeatures: [
          ['a', 'b'],
          ['a', 'c'],
        ],
      },
    ],
    [
      'views, learning teachers and marks of both',
      { views: { mixed: {} }, learningTeachers: [0], validation: true },
      { views: { strong: { teachers: false } }, learningTeachers: [0, 1], exampleOutputs: true },
      {
        views: { mixed: {}, strong: { teachers: false } },
        learningTeachers: [0, 1],
        validation: true,
        exampleOutputs: true,
      },
    ],
    ['the tasks of both', { tasks: ['regression', 'tokens'] }, { tasks: ['tokens'] }, { tasks: ['tokens'] }],
    ['the tasks of one where the other does any', { tasks: 'any' }, {}, {}],
  ])('has %s', (_, first, second, united) => {
    const wanted = { tasks: ['classification'], ...united }
    expect(unitedNeeds(first, second)).toEqual(wanted)
    expect(unitedNeeds(second, first)).toMatchObject({ tasks: wanted.tasks })
    expect(unitedNeeds(second, first).teachers).toEqual(united.teachers)
  })

  it('is for no task where the methods have none in common', () => {
    expect(unitedNeeds({ tasks: ['regression'] }, {}).tasks ?? []).toEqual([])
  })
})

describe('features of teachers', () => {
  it('are those of every one, or of each', () => {
    expect([0, 1].map((index) => featuresOfTeacher(['a'], index))).toEqual([['a'], ['a']])
    expect([0, 1, 2].map((index) => featuresOfTeacher([['a'], ['b', 'c']], index))).toEqual([
      ['a'],
      ['b', 'c'],
      [],
    ])
    expect(featuresOfTeacher(undefined, 0)).toEqual([])
    expect(featuresOfTeacher([], 0)).toEqual([])
  })

  it('are those of the steps and the passes in a pass, and those of views too where they are checked', () => {
    const needs: Needs = {
      studentFeatures: ['a'],
      teacherFeatures: [['x'], []],
      passes: { studentFeatures: ['a', 'b'], teacherFeatures: ['y'] },
      views: {
        mixed: { student: ['c'], teachers: [[], ['z']] },
        blind: { student: false, teachers: false },
        bare: {},
      },
    }
    expect(passFeatures(needs, 2)).toEqual({ student: ['a', 'b'], teachers: [['x', 'y'], ['y']] })
    expect(allFeatures(needs, 2)).toEqual({
      student: ['a', 'b', 'c'],
      teachers: [
        ['x', 'y'],
        ['y', 'z'],
      ],
    })
  })
})
