import { useCallback, useEffect, useRef, useState } from 'react';
import { isTakenBack } from '../../../lib/playing.ts';
import { type SideName, SyncedPlayers } from './synced-players.ts';

export type Transport = {
  readonly at: number;
  readonly length: number;
  readonly playing: boolean;
  /** The one that leads and is heard. */
  readonly lead: SideName;
  readonly a: HTMLMediaElement | null;
  readonly b: HTMLMediaElement | null;
  readonly setA: (element: HTMLMediaElement | null) => void;
  readonly setB: (element: HTMLMediaElement | null) => void;
  toggle(): void;
  seek(seconds: number): void;
  step(frames: number): void;
  hear(side: SideName): void;
  /** Both tell when they begin, stop, know their length or fail. */
  onEvent(): void;
};

/**
 * Two media elements under one transport.
 * @param stretch seconds of the second per second of the first
 * @param fps frames per second of the first, for single frames
 */
export function useSynced(stretch: number, fps: number, onFail: () => void): Transport {
  const [a, setA] = useState<HTMLMediaElement | null>(null);
  const [b, setB] = useState<HTMLMediaElement | null>(null);
  const [at, setAt] = useState(0);
  const [length, setLength] = useState(0);
  const [playing, setPlaying] = useState(false);
  const [lead, setLead] = useState<SideName>('b');
  const pair = useRef<SyncedPlayers | null>(null);
  useEffect(() => {
    pair.current = a && b ? new SyncedPlayers(a, b, stretch) : null;
  }, [a, b, stretch]);
  useEffect(() => {
    if (!playing) return;
    let frame = requestAnimationFrame(function tick() {
      const players = pair.current;
      if (players) {
        players.correct();
        setAt(players.at);
        // The end of the leader is the end of both.
        if (!players.isPlaying) {
          players.pause();
          setPlaying(false);
        }
      }
      frame = requestAnimationFrame(tick);
    });
    return () => cancelAnimationFrame(frame);
  }, [playing]);

  const onEvent = useCallback(() => {
    const players = pair.current;
    if (!players) return;
    setLength(players.length);
    setAt(players.at);
  }, []);
  const act = (work: (players: SyncedPlayers) => void): void => {
    if (!pair.current) return;
    work(pair.current);
    setAt(pair.current.at);
  };
  return {
    a,
    b,
    at,
    length,
    playing,
    lead,
    setA,
    setB,
    onEvent,
    toggle: () =>
      act((players) => {
        if (players.isPlaying) {
          players.pause();
          setPlaying(false);
          return;
        }
        players.play().then(
          () => setPlaying(players.isPlaying),
          (thrown: unknown) => {
            players.pause();
            if (!isTakenBack(thrown)) onFail();
          },
        );
      }),
    seek: (seconds) => act((players) => players.seek(seconds)),
    step: (frames) =>
      act((players) => {
        players.step(frames, fps);
        setPlaying(false);
      }),
    hear: (side) => {
      setLead(side);
      act((players) => players.follow(side));
    },
  };
}
