import { Container } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useParams } from "react-router";
import { api, take } from "../../api/client";
import { statusOf } from "../../api/problem";
import { Missing } from "../../app/Missing";
import { Waiting } from "../../app/Waiting";
import { readDraft } from "../../canvas/draft";
import type { BlockType } from "../../canvas/types";
import { Workshop } from "../../canvas/Workshop";
import { Failure } from "../../parts/Failure";

/** One cascade, open for drawing. */
export function Cascade() {
  const { scheme = "" } = useParams();
  const types = useQuery({
    queryKey: ["block-types"],
    queryFn: () => take(api.GET("/api/v1/block-types")),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const about = useQuery({
    queryKey: ["scheme", scheme],
    queryFn: () => take(api.GET("/api/v1/schemes/{scheme}", { params: { path: { scheme } } })),
  });
  // The draft is read anew whenever it is opened, and never under somebody's hands.
  const draft = useQuery({
    queryKey: ["draft", scheme],
    queryFn: () => readDraft(scheme),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });
  const failed = [types, about, draft].find((q) => q.isError && !q.data);
  if (failed) {
    if ([404, 422].includes(statusOf(failed.error))) return <Missing />;
    return (
      <Container size="sm" py="xl">
        <Failure error={failed.error} again={() => failed.refetch()} />
      </Container>
    );
  }
  if (!types.data || !about.data || !draft.data) return <Waiting />;
  return <Workshop key={scheme} scheme={about.data} draft={draft.data} types={types.data.items as BlockType[]} />;
}
