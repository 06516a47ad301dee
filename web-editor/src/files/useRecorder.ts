import { useCallback, useEffect, useRef, useState } from "react";
import { loudness, recorderType, refusal } from "./model";

/** The longest recording, in seconds: well below what may be uploaded. */
export const longest = 600;

export type Stage = "idle" | "asking" | "recording" | "done";

interface Running {
  recorder: MediaRecorder;
  stream: MediaStream;
  sound: AudioContext;
  timer: number;
}

function close(r: Running | null) {
  if (!r) return;
  clearInterval(r.timer);
  for (const track of r.stream.getTracks()) track.stop();
  r.sound.close().catch(() => {});
}

/** Records with the microphone: how far it is, how loud it is, and what came of it. */
export function useRecorder() {
  const [stage, setStage] = useState<Stage>("idle");
  const [seconds, setSeconds] = useState(0);
  const [level, setLevel] = useState(0);
  const [wrong, setWrong] = useState<"" | "refused" | "none" | "broken" | "unable">("");
  const [made, setMade] = useState<Blob | null>(null);
  const running = useRef<Running | null>(null);
  const gone = useRef(false);

  const stop = useCallback(() => {
    if (running.current?.recorder.state === "recording") running.current.recorder.stop();
  }, []);
  useEffect(() => {
    gone.current = false;
    return () => {
      gone.current = true;
      close(running.current);
    };
  }, []);

  const start = async () => {
    setWrong("");
    setMade(null);
    setSeconds(0);
    const type = recorderType(globalThis.MediaRecorder?.isTypeSupported);
    if (type === null || !navigator.mediaDevices) return setWrong("unable");
    setStage("asking");
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
      const sound = new AudioContext();
      const meter = sound.createAnalyser();
      sound.createMediaStreamSource(stream).connect(meter);
      const recorder = new MediaRecorder(stream, type ? { mimeType: type } : undefined);
      const pieces: Blob[] = [];
      recorder.ondataavailable = (e) => e.data.size > 0 && pieces.push(e.data);
      recorder.onstop = () => {
        close(running.current);
        running.current = null;
        if (gone.current) return;
        setMade(new Blob(pieces, { type: recorder.mimeType }));
        setStage("done");
      };
      const begun = performance.now();
      const samples = new Uint8Array(meter.fftSize);
      const timer = window.setInterval(() => {
        const s = (performance.now() - begun) / 1000;
        meter.getByteTimeDomainData(samples);
        setLevel(loudness(samples));
        setSeconds(s);
        if (s >= longest) stop();
      }, 100);
      running.current = { recorder, stream, sound, timer };
      if (gone.current) return close(running.current);
      recorder.start(1000);
      setStage("recording");
    } catch (error) {
      setWrong(refusal(error));
      setStage("idle");
    }
  };
  return { stage, seconds, level, wrong, made, start, stop };
}
