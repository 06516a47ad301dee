import { Alert, Badge, Group, Paper, SimpleGrid, Skeleton, Text, UnstyledButton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api, take } from "../../api/client";
import { lookOf } from "../../canvas/look";
import { Failure } from "../../parts/Failure";
import { useCreate } from "./create";

/** Ready schemes to begin with. */
export function Templates() {
  const { t, i18n } = useTranslation();
  const create = useCreate();
  const list = useQuery({
    queryKey: ["templates", i18n.language],
    queryFn: () => take(api.GET("/api/v1/templates")),
    staleTime: 600_000,
  });
  if (list.isError) return <Failure error={list.error} again={() => list.refetch()} />;
  if (!list.data) return <Skeleton height={120} />;
  return (
    <>
      {create.wrong && (
        <Alert color="red" role="alert" mb="sm">
          {create.wrong}
        </Alert>
      )}
      <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="sm" aria-label={t("cascades.new.templates")} role="group">
        {list.data.items
          .filter((x) => x.kind === "cascade")
          .map((x) => (
            <UnstyledButton key={x.id} onClick={() => create.template(x.id)} disabled={create.busy !== ""}>
              <Paper withBorder p="sm" h="100%" opacity={create.busy && create.busy !== x.id ? 0.5 : 1}>
                <Text fw={600}>{x.name}</Text>
                <Text size="sm" c="dimmed" mb="xs">
                  {x.description}
                </Text>
                <Group gap={4}>
                  {[...new Set(x.blocks)].map((type) => {
                    const { icon: Icon, color } = lookOf(type);
                    return (
                      <Badge key={type} variant="light" color={color} size="lg" px={6} aria-hidden>
                        <Icon size={16} style={{ display: "block" }} />
                      </Badge>
                    );
                  })}
                </Group>
              </Paper>
            </UnstyledButton>
          ))}
      </SimpleGrid>
    </>
  );
}
