/**
 * From stages to dispatches: a dispatch costs more than what most stages of a training step do, so as many stages as possible share
 * one. Stages keep their order; each joins the last dispatch where it may.
 */
import type { Program } from '@glissade/core/backend'
import { workgroupsOf, type Dispatch, type Spread } from './dispatch.ts'
import { storagesOf, type Bound, type Stage } from './stage.ts'
import { meet, meetAcross, places, touchesOf, type Touch } from './touches.ts'

export interface Grouping {
  /** Storages that a dispatch binds at most. */
  readonly storages: number
  /** Element operations of a stage that one workgroup does. */
  readonly small: number
}
/** Rows that are too few would leave the device idle. */
const FEW_ROWS = 16
/** Stages of a dispatch: drivers take longer than in proportion to compile what is longer, and several at once. */
const MANY_STAGES = 24

interface Member {
  readonly stage: Stage
  readonly waits: boolean
}

class Group {
  readonly spread: Spread
  readonly rows: number
  readonly members: Member[] = []
  /** Of all members; for a team, of those since the last wait. */
  touches: Touch[] = []

  constructor(spread: Spread, rows = 0) {
    this.spread = spread
    this.rows = rows
  }
  get stages(): readonly Stage[] {
    return this.members.map(({ stage }) => stage)
  }
}

/** Storages that stages bind, what they write of failures among them. */
function boundBy(stages: readonly Stage[]): number {
  const storages = new Set(stages.flatMap(storagesOf))
  return storages.size + Number(stages.some(({ failure }) => failure !== null))
}

class Grouper {
  readonly #at: readonly number[]
  readonly #grouping: Grouping
  readonly groups: Group[] = []

  constructor(at: readonly number[], grouping: Grouping) {
    this.#at = at
    this.#grouping = grouping
  }

  add(stage: Stage): void {
    const last = this.groups.at(-1)
    if (last !== undefined && this.#joins(last, stage)) return
    if (last !== undefined && this.#turnsIntoRows(last, stage)) return
    const group = this.#opened(stage)
    this.groups.push(group)
    this.#joins(group, stage)
  }

  #isSmall({ work: { cost } }: Stage): boolean {
    return cost <= this.#grouping.small
  }
  /** The rows of a stage that is done by workgroups, where there are enough of them. */
  #rowsOf({ work: { by, items, rows } }: Stage): number {
    return by === 'group' && items >= FEW_ROWS && rows?.(items) != null ? items : 0
  }
  #opened(stage: Stage): Group {
    if (this.#isSmall(stage)) return new Group('team')
    const rows = this.#rowsOf(stage)
    return rows > 0 ? new Group('rows', rows) : new Group('wide')
  }

  /** Adds a stage to a group where it may be in it. */
  #joins(group: Group, stage: Stage): boolean {
    if (group.members.length >= MANY_STAGES) return false
    if (group.members.length > 0 && boundBy([...group.stages, stage]) > this.#grouping.storages) return false
    return this[group.spread](group, stage)
  }
  team(group: Group, stage: Stage): boolean {
    if (!this.#isSmall(stage)) return false
    const touches = touchesOf(stage, this.#at, null)
    const waits = meet(touches, group.touches)
    group.touches = waits ? [...touches] : [...group.touches, ...touches]
    group.members.push({ stage, waits })
    return true
  }
  wide(group: Group, stage: Stage): boolean {
    const touches = touchesOf(stage, this.#at, null)
    const isOther = group.members.length > 0 && (this.#isSmall(stage) || this.#rowsOf(stage) > 0)
    if (isOther || meet(touches, group.touches)) return false
    group.touches.push(...touches)
    group.members.push({ stage, waits: false })
    return true
  }
  rows(group: Group, stage: Stage): boolean {
    const own = stage.work.items % group.rows === 0 ? (stage.work.rows?.(group.rows) ?? null) : null
    if (own === null) return false
    const touches = touchesOf(stage, this.#at, own)
    if (meetAcross(touches, group.touches)) return false
    group.members.push({ stage, waits: meet(touches, group.touches) })
    group.touches.push(...touches)
    return true
  }

  /** What was side by side becomes rows before a stage that has some, where all of it can be. */
  #turnsIntoRows(group: Group, stage: Stage): boolean {
    const rows = this.#rowsOf(stage)
    if (group.spread !== 'wide' || rows === 0 || this.#isSmall(stage)) return false
    const turned = new Group('rows', rows)
    if (![...group.stages, stage].every((each) => this.#joins(turned, each))) return false
    this.groups[this.groups.length - 1] = turned
    return true
  }
}

function dispatchOf({ spread: found, members, stages, rows }: Group): Dispatch {
  // One stage needs no team.
  const spread = stages.length === 1 && found === 'team' ? 'wide' : found
  const workgroups = { team: 1, rows, wide: Math.max(...stages.map(workgroupsOf)) }
  return {
    spread,
    parts: members,
    storages: [...new Set(stages.flatMap(storagesOf))],
    workgroups: workgroups[spread],
  }
}

export function grouped(
  stages: readonly Stage[],
  storages: readonly Bound[],
  donated: Program['donated'],
  grouping: Grouping,
): Dispatch[] {
  const grouper = new Grouper(places(storages, donated), grouping)
  for (const stage of stages) grouper.add(stage)
  return grouper.groups.map(dispatchOf)
}
