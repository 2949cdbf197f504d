// Copied from clients/cpp by copy_core.py. Do not edit.
// A viewer's way through an endless world: chunks come before it sees them, and are told off when it has left them.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "morphogen/calls/unary.hpp"
#include "morphogen/proto/world.hpp"
#include "morphogen/streams/chunk_assembler.hpp"
#include "morphogen/streams/courier.hpp"

namespace morphogen {

/// What happens in a world. `WorldOpened` comes first, and again after a reconnection; `Evicted` are chunks to drop;
/// `Settled`: all that the viewer sees has come.
using WorldEvent = std::variant<WorldOpened, Chunk, Evicted, Settled>;

/// Tells the server where the viewer is and what has arrived, while one call runs.
class WorldSession {
 public:
  WorldSession(std::shared_ptr<Channel> channel, std::shared_ptr<Cancellation> outer)
      : channel_(std::move(channel)), own_(std::make_shared<Cancellation>()), watch_(std::move(outer), *own_) {}
  WorldSession(const WorldSession&) = delete;
  WorldSession& operator=(const WorldSession&) = delete;
  ~WorldSession() { stop(); }

  const std::shared_ptr<Cancellation>& cancellation() const { return own_; }

  /// Controls can go out: by calls that name the session, or into the call itself.
  void begin(std::string session_id, Call* duplex_call) {
    session_id_ = std::move(session_id);
    duplex_call_ = duplex_call;
    courier_ = std::make_unique<Courier>([this] { return send(); });
    courier_->wake();
  }

  /// Nothing is sent any more.
  void stop() {
    own_->cancel();
    courier_.reset();
  }

  void move(const Viewer& viewer) {
    change([&] { viewer_ = viewer; });
  }
  void received() {
    change([&] { received_count_ += 1; });
  }
  void finish() {
    change([&] { finishing_ = true; });
  }

  /// Why a control was refused; that ends the stream.
  std::optional<Error> failure() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return failure_;
  }

 private:
  static constexpr std::chrono::seconds control_timeout{10};

  template <class Change>
  void change(const Change& apply) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      apply();
      news_ = true;
    }
    if (courier_ != nullptr) {
      courier_->wake();
    }
  }

  Courier::Outcome send() {
    std::unique_lock<std::mutex> lock(mutex_);
    if (!news_) {
      return Courier::Outcome::sent;
    }
    news_ = false;
    const std::optional<Viewer> viewer = std::exchange(viewer_, std::nullopt);
    const std::uint32_t received_count = received_count_;
    const bool finishing = finishing_;
    lock.unlock();
    return duplex_call_ != nullptr ? write(viewer, received_count, finishing) : call(viewer, received_count, finishing);
  }

  Courier::Outcome write(const std::optional<Viewer>& viewer, std::uint32_t received_count, bool finishing) {
    bool open = true;
    ExploreWorldRequest message;
    if (viewer) {
      message.payload = *viewer;
      open = duplex_call_->write(encoded(message));
    }
    while (open && granted_count_ < received_count) {
      const std::uint32_t chunk_count = std::min(received_count - granted_count_, std::uint32_t{64});
      message.payload = ExploreCredit{chunk_count};
      open = duplex_call_->write(encoded(message));
      granted_count_ += chunk_count;
    }
    if (open && finishing) {
      duplex_call_->finish_writing();
    }
    return open && !finishing ? Courier::Outcome::sent : Courier::Outcome::over;
  }

  Courier::Outcome call(const std::optional<Viewer>& viewer, std::uint32_t received_count, bool finishing) {
    ControlWorldRequest request;
    request.session_id = session_id_;
    request.control_number = ++control_number_;
    request.viewer = viewer;
    request.received_count = received_count;
    request.finish = finishing;
    const auto answer = call_once<WorldService::ControlWorld>(*channel_, request, Clock::now() + control_timeout, own_);
    if (answer) {
      return Courier::Outcome::sent;
    }
    const Error& error = answer.error();
    if (own_->cancelled() || error.kind == ErrorKind::not_found) {
      return Courier::Outcome::over;  // where the session has ended, its stream tells why
    }
    const std::lock_guard<std::mutex> lock(mutex_);
    if (error.is(ErrorKind::unavailable) || error.is(ErrorKind::deadline_exceeded)) {
      news_ = true;  // controls may be sent again
      viewer_ = viewer_ ? viewer_ : viewer;
      return Courier::Outcome::again;
    }
    failure_ = error;
    own_->cancel();
    return Courier::Outcome::over;
  }

  std::shared_ptr<Channel> channel_;
  std::shared_ptr<Cancellation> own_;
  Cancellation::Watch watch_;
  std::string session_id_;
  Call* duplex_call_ = nullptr;
  std::uint64_t control_number_ = 0;
  std::uint32_t granted_count_ = 0;

  mutable std::mutex mutex_;
  std::optional<Viewer> viewer_;
  std::uint32_t received_count_ = 0;
  bool finishing_ = false;
  bool news_ = false;
  std::optional<Error> failure_;
  std::unique_ptr<Courier> courier_;
};

/// Events of a world. Read it from one thread; `move`, `finish` and `cancel` from any.
///
/// A chunk counts as received when `next` is called again, so who cannot keep up gets no more than `credit` chunks
/// ahead.
class WorldStream {
 public:
  WorldStream(std::shared_ptr<Channel> channel, ExploreStart start, Attempts attempts)
      : state_(std::make_unique<State>(std::move(channel), std::move(start), std::move(attempts))) {}

  /// Wait for the next event; nothing at the end, and then `error` says whether that was good or bad.
  std::optional<WorldEvent> next() { return state_->next(); }

  /// Why it ended; nothing while it runs, and if it ended after `finish`.
  const std::optional<Error>& error() const { return state_->error; }

  /// Chunks that have come and not been told off.
  std::vector<HeldChunk> chunks() const { return state_->chunks(); }

  /// The viewer is there now. Call it as often as you like, every frame too: only the newest place is sent.
  void move(const Viewer& viewer) { state_->move(viewer); }

  /// The viewer moves no more: the stream ends when all that it sees has come.
  void finish() { state_->finish(); }

  /// End it at once. Harmless when repeated.
  void cancel() { state_->attempts.cancellation()->cancel(); }

 private:
  struct State {
    State(std::shared_ptr<Channel> by, ExploreStart begin, Attempts tries)
        : channel(std::move(by)), start(std::move(begin)), attempts(std::move(tries)) {
      for (const HeldChunk& each : start.held) {
        held[{each.row, each.column}] = each.vertices;
      }
    }

    std::optional<WorldEvent> next() {
      if (unacknowledged && session) {
        session->received();
      }
      unacknowledged = false;
      while (!ended && !error) {
        auto event = attempt();
        if (event && *event) {
          if (!std::holds_alternative<WorldOpened>(**event)) {
            attempts.progress();
          }
          unacknowledged = std::holds_alternative<Chunk>(**event);
          return std::move(*event);
        }
        auto failure = session ? session->failure() : std::nullopt;
        close();
        if (!event) {
          Error reason = failure ? *failure : event.error();
          if (reason.is(ErrorKind::deadline_exceeded) && reason.reason == "DEADLINE_EXCEEDED" &&
              Clock::now() < attempts.due()) {
            reason.kind = ErrorKind::unavailable;  // a server ends every call some time, and the next one goes on
          }
          error = failure ? failure : attempts.after(reason);
        }
      }
      return std::nullopt;
    }

    Result<std::optional<WorldEvent>> attempt() {
      if (!call) {
        if (auto failure = open()) {
          return std::move(*failure);
        }
      }
      for (;;) {
        auto message = (*call)->read();
        if (!message) {
          return std::move(message.error());
        }
        if (!*message) {
          return end();
        }
        auto event = take(**message);
        if (!event || *event) {
          return event;
        }
      }
    }

    std::optional<Error> open() {
      if (Clock::now() >= attempts.due()) {
        return Error(ErrorKind::deadline_exceeded, "the call's time is up");
      }
      const std::shared_ptr<Cancellation> cancellation = begin_session();
      const bool duplex = channel->duplex();
      ExploreWorldRequest explore;
      WatchWorldRequest watch;
      (duplex ? explore.payload.emplace<ExploreStart>(current_start()) : watch.start.emplace(current_start()));
      auto opened =
          duplex ? channel->open(WorldService::ExploreWorld::path, encoded(explore), Sends::messages, attempts.due())
                 : channel->open(WorldService::WatchWorld::path, encoded(watch), Sends::one_message, attempts.due());
      if (!opened) {
        return std::move(opened.error());
      }
      call.emplace(std::move(*opened), cancellation);
      assembler = ChunkAssembler();
      answered = false;
      return std::nullopt;
    }

    std::shared_ptr<Cancellation> begin_session() {
      const std::lock_guard<std::mutex> lock(mutex);
      session = std::make_shared<WorldSession>(channel, attempts.cancellation());
      if (finishing) {
        session->finish();
      }
      return session->cancellation();
    }

    ExploreStart current_start() {
      ExploreStart current = start;
      current.held = chunks();
      const std::lock_guard<std::mutex> lock(mutex);
      current.viewer = viewer ? viewer : start.viewer;
      return current;
    }

    Result<std::optional<WorldEvent>> end() {
      const std::lock_guard<std::mutex> lock(mutex);
      if (!finishing || !answered || assembler.open()) {
        return Error(ErrorKind::unavailable, "the server ended the stream before its viewer did");
      }
      ended = true;
      return std::optional<WorldEvent>();
    }

    Result<std::optional<WorldEvent>> take(const Bytes& message) {
      // Both calls answer with the same fields.
      auto response = decoded<WatchWorldResponse>(message);
      if (!response) {
        return broken("the server sent a message that cannot be read");
      }
      auto& payload = response->payload;
      if (std::holds_alternative<std::monostate>(payload)) {
        return std::optional<WorldEvent>();  // a message of a later version
      }
      auto* opened = std::get_if<WorldOpened>(&payload);
      auto* part = std::get_if<WorldPart>(&payload);
      if ((opened != nullptr) == answered || (part == nullptr && assembler.open())) {
        return broken("the server sent a message of a world where another one was due");
      }
      if (opened != nullptr) {
        answered = true;
        const std::lock_guard<std::mutex> lock(mutex);
        session->begin(opened->session_id, channel->duplex() ? &**call : nullptr);
        return std::optional<WorldEvent>(std::move(*opened));
      }
      if (part != nullptr) {
        return take_part(std::move(*part));
      }
      if (auto* evicted = std::get_if<Evicted>(&payload)) {
        return take_evicted(std::move(*evicted));
      }
      return take_settled(std::get_if<Settled>(&payload)->chunk_count);
    }

    Result<std::optional<WorldEvent>> take_part(WorldPart piece) {
      auto chunk = assembler.take(std::move(piece));
      if (!chunk) {
        return std::move(chunk.error());
      }
      if (!*chunk) {
        return std::optional<WorldEvent>();
      }
      const std::lock_guard<std::mutex> lock(mutex);
      std::uint32_t& vertices = held[{(*chunk)->row, (*chunk)->column}];
      if (vertices >= (*chunk)->vertices) {
        return broken("a chunk came with " + std::to_string((*chunk)->vertices) + " vertices, and is held with " +
                      std::to_string(vertices));
      }
      (*chunk)->refines = vertices > 0;
      vertices = (*chunk)->vertices;
      return std::optional<WorldEvent>(std::move(**chunk));
    }

    Result<std::optional<WorldEvent>> take_evicted(Evicted evicted) {
      const std::lock_guard<std::mutex> lock(mutex);
      for (const HeldChunk& each : evicted.chunks) {
        const auto found = held.find({each.row, each.column});
        if (found == held.end() || found->second != each.vertices) {
          return broken("a chunk is evicted that is not held");
        }
        held.erase(found);
      }
      return std::optional<WorldEvent>(std::move(evicted));
    }

    Result<std::optional<WorldEvent>> take_settled(std::uint32_t chunk_count) {
      const std::lock_guard<std::mutex> lock(mutex);
      if (chunk_count != held.size()) {
        return broken(std::to_string(held.size()) + " chunks are held, the server counts " +
                      std::to_string(chunk_count));
      }
      return std::optional<WorldEvent>(Settled{chunk_count});
    }

    void close() {
      std::shared_ptr<WorldSession> last;
      {
        const std::lock_guard<std::mutex> lock(mutex);
        last = std::move(session);
      }
      if (last) {
        last->stop();
      }
      call.reset();
    }

    void move(const Viewer& to) {
      const std::lock_guard<std::mutex> lock(mutex);
      viewer = to;
      if (session) {
        session->move(to);
      }
    }

    void finish() {
      const std::lock_guard<std::mutex> lock(mutex);
      finishing = true;
      if (session) {
        session->finish();
      }
    }

    std::vector<HeldChunk> chunks() const {
      const std::lock_guard<std::mutex> lock(mutex);
      std::vector<HeldChunk> all;
      for (const auto& [place, vertices] : held) {
        all.push_back({place.first, place.second, vertices});
      }
      return all;
    }

    ~State() { close(); }

    std::shared_ptr<Channel> channel;
    const ExploreStart start;
    Attempts attempts;
    std::optional<WatchedCall> call;
    std::optional<Error> error;
    ChunkAssembler assembler;
    bool answered = false;
    bool ended = false;
    bool unacknowledged = false;

    mutable std::mutex mutex;  // what follows is other threads' too
    std::shared_ptr<WorldSession> session;
    std::optional<Viewer> viewer;
    bool finishing = false;
    std::map<std::pair<std::int32_t, std::int32_t>, std::uint32_t> held;
  };

  std::unique_ptr<State> state_;
};

}  // namespace morphogen
