// HTTP by the engine's own stack. Pieces of a body come on its thread and wait here for the stream's reader.
#pragma once

#include "CoreMinimal.h"
#include "Interfaces/IHttpRequest.h"
#include "morphogen/calls/grpc_web.hpp"

/// Sends requests by FHttpModule.
class FHttpModuleTransport final : public morphogen::HttpTransport
{
public:
	virtual std::unique_ptr<morphogen::HttpExchange> post(morphogen::HttpRequest Request) override;
};
