/** What is needed of a player; an HTML media element has it all. */
export type Player = Pick<
  HTMLMediaElement,
  'currentTime' | 'duration' | 'ended' | 'muted' | 'paused' | 'pause' | 'play' | 'playbackRate' | 'readyState' | 'seeking' | 'volume'
>;
export type SideName = 'a' | 'b';

/** Beyond this the follower jumps; below, it runs a little faster or slower until it has caught up. Seconds. */
const JUMP = 0.25;
/** As good as together: less than half a frame of a film, less than an ear notices between two takes. Seconds. */
const TOGETHER = 0.006;
/** Share of the distance that is made up per second, and the most that a rate is changed by. */
const PULL = 2;
const MOST_PULL = 0.08;
/** Chromium can't seek an MP3 to its very end and gives the whole file up; this many seconds before it all is well. */
const SHY_OF_END = 0.05;
const HAVE_CURRENT_DATA = 2;

const known = (duration: number): number => (Number.isFinite(duration) ? duration : 0);

/**
 * Two players under one transport. One leads: it is the one that is heard, and its speed is never touched. The other follows silently and
 * is pulled to it, so that switching between them has no gap and no jump. All times are seconds of the first player.
 */
export class SyncedPlayers {
  readonly #players: Readonly<Record<SideName, Player>>;
  /** Seconds of the second player per second of the first: not 1 where a variant runs faster or slower. */
  readonly #stretch: number;
  #lead: SideName = 'b';

  constructor(a: Player, b: Player, stretch = 1) {
    this.#players = { a, b };
    this.#stretch = stretch;
  }

  get lead(): SideName {
    return this.#lead;
  }

  get length(): number {
    return Math.max(known(this.#players.a.duration), known(this.#players.b.duration) / this.#stretch);
  }

  /** Where both stand. */
  get at(): number {
    return this.#where(this.#lead);
  }

  get isPlaying(): boolean {
    const leader = this.#players[this.#lead];
    return !leader.paused && !leader.ended;
  }

  /** Plays both from the same place; from the start when both are at their end. */
  async play(): Promise<void> {
    if (this.at >= this.length - SHY_OF_END) this.seek(0);
    else this.#align();
    this.#setRates(0);
    await Promise.all([this.#players.a.play(), this.#players.b.play()]);
  }

  /** Stops both, the follower where the leader is. */
  pause(): void {
    this.#players.a.pause();
    this.#players.b.pause();
    this.#setRates(0);
    this.#align();
  }

  seek(seconds: number): void {
    const to = Math.max(0, Math.min(this.length, seconds));
    this.#put('a', to);
    this.#put('b', to);
  }

  /** Stops and goes by whole frames; both then stand in the middle of a frame, where rounding can't show its neighbour. */
  step(frames: number, fps: number): void {
    this.pause();
    const frame = Math.floor(this.at * fps + 1e-3) + frames;
    this.seek((Math.max(0, frame) + 0.5) / fps);
  }

  /** Lets the other one lead from here on. Neither stops. */
  follow(lead: SideName): void {
    this.#lead = lead;
    this.#setRates(0);
  }

  /**
   * Pulls the follower to the leader; called with every frame that the screen shows.
   * @returns how far the follower was ahead, in seconds
   */
  correct(): number {
    const follower = this.#players[this.#other];
    if (!this.isPlaying) return 0;
    if (follower.ended || follower.seeking || follower.readyState < HAVE_CURRENT_DATA) return 0;
    const ahead = this.#where(this.#other) - this.at;
    if (Math.abs(ahead) > JUMP) this.#put(this.#other, this.at);
    this.#setRates(Math.abs(ahead) < TOGETHER ? 0 : Math.max(-MOST_PULL, Math.min(MOST_PULL, -ahead * PULL)));
    return ahead;
  }

  get #other(): SideName {
    return this.#lead === 'a' ? 'b' : 'a';
  }

  #scale(side: SideName): number {
    return side === 'a' ? 1 : this.#stretch;
  }

  #where(side: SideName): number {
    return this.#players[side].currentTime / this.#scale(side);
  }

  #put(side: SideName, seconds: number): void {
    const player = this.#players[side];
    const end = known(player.duration);
    player.currentTime = Math.max(0, Math.min(end - SHY_OF_END, seconds * this.#scale(side)));
  }

  #align(): void {
    if (Math.abs(this.#where(this.#other) - this.at) > TOGETHER) this.#put(this.#other, this.at);
  }

  /** @param pull how much faster than the leader the follower runs */
  #setRates(pull: number): void {
    const base = this.#scale(this.#other) / this.#scale(this.#lead);
    set(this.#players[this.#lead], 1);
    set(this.#players[this.#other], base * (1 + pull));
  }
}

/** A rate that is set again interrupts some decoders; only a new one is set. */
function set(player: Player, rate: number): void {
  if (Math.abs(player.playbackRate - rate) > 1e-4) player.playbackRate = rate;
}

/**
 * Volumes (0–1) at which two sounds are equally loud: the louder one is turned down, so that nothing is ever clipped.
 * @param a integrated loudness in LUFS; undefined when there was nothing to measure
 * @returns gains in dB, at most 0
 */
export function matchedGains(a: number | undefined, b: number | undefined): Readonly<Record<SideName, number>> {
  if (a === undefined || b === undefined) return { a: 0, b: 0 };
  return { a: Math.min(0, b - a), b: Math.min(0, a - b) };
}

/** Decibels as a factor on the amplitude. */
export const amplitude = (decibels: number): number => 10 ** (decibels / 20);
