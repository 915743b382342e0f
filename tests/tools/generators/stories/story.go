// The story in openapi-generator's Go.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"os"

	livepass "livepass/client"
)

func must[T any](value T, _ any, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func main() {
	settings := livepass.NewConfiguration()
	settings.Servers = livepass.ServerConfigurations{{URL: os.Getenv("LIVEPASS")}}
	api := livepass.NewAPIClient(settings)
	ctx := context.WithValue(context.Background(), livepass.ContextAccessToken, os.Getenv("ID_TOKEN"))
	key := os.Getenv("KEY")
	minted := must(api.TokensAPI.Mint(ctx).IdempotencyKey(key).Execute())
	again := must(api.TokensAPI.Mint(ctx).IdempotencyKey(key).Execute())
	_, _, err := api.TokensAPI.Mint(ctx).Execute()
	var failed *livepass.GenericOpenAPIError
	if !errors.As(err, &failed) {
		panic(err)
	}
	refused := failed.Model().(livepass.Problem)
	session := minted.Session.Id
	asked := *livepass.NewRefreshRequest(session)
	refreshed := must(api.TokensAPI.Refresh(ctx).RefreshRequest(asked).Execute())
	used := must(api.TokensAPI.Usage(ctx).Execute()).Hour.Used
	if _, err := api.SessionsAPI.EndSession(ctx, session).Execute(); err != nil {
		panic(err)
	}
	story := map[string]any{
		"same":     again.Token == minted.Token,
		"code":     refused.Code,
		"violated": refused.Violated,
		"another":  refreshed.Token != minted.Token,
		"used":     used,
		"state":    must(api.SessionsAPI.Session(ctx, session).Execute()).State,
		"health":   must(api.ServiceAPI.Health(ctx).Execute()).Status,
	}
	if err := json.NewEncoder(os.Stdout).Encode(story); err != nil {
		panic(err)
	}
}
