// The core without a network.

#include <algorithm>
#include <chrono>
#include <clocale>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "expect.hpp"
#include "morphogen/client.hpp"
#include "scripted_http.hpp"

using namespace morphogen;

namespace {

Bytes bytes(std::string_view text) { return {text.begin(), text.end()}; }

std::string digest_of(const std::string& text) { return hex(Sha256().add(bytes(text)).digest()); }

// A stream of `count` parts of random sizes, and what a server answers to a token: the number of the next part.
class Asset {
 public:
  Asset(std::uint32_t count, unsigned seed) {
    std::minstd_rand random(seed);
    for (std::uint32_t sequence = 0; sequence < count; ++sequence) {
      Bytes data(random() % 700);
      for (std::uint8_t& each : data) {
        each = static_cast<std::uint8_t>(random());
      }
      digest_ = Sha256().add(digest_).add(Sha256().add(data).digest()).digest();
      size_bytes_ += data.size();
      parts_.push_back(std::move(data));
    }
  }

  const std::vector<Bytes>& parts() const { return parts_; }
  std::string digest() const { return hex(digest_); }

  Bytes stream(std::uint32_t first) const {
    Bytes body;
    StreamProbeResponse message;
    StreamHeader& header = message.payload.emplace<StreamHeader>();
    header.asset_id = "asset";
    header.part_count = static_cast<std::uint32_t>(parts_.size());
    header.first_sequence = first;
    add(body, message);
    for (std::uint32_t sequence = first; sequence < parts_.size(); ++sequence) {
      const Bytes& data = parts_[sequence];
      const std::size_t half = data.size() / 2;
      for (std::uint32_t index = 0; index < 2; ++index) {
        PartChunk& chunk = message.payload.emplace<PartChunk>();
        chunk.sequence = sequence;
        chunk.map = "part" + std::to_string(sequence);
        chunk.part_size_bytes = static_cast<std::uint32_t>(data.size());
        chunk.chunk_index = index;
        chunk.chunk_count = 2;
        const auto middle = data.begin() + static_cast<std::ptrdiff_t>(half);
        chunk.data = index == 0 ? Bytes(data.begin(), middle) : Bytes(middle, data.end());
        if (index == 1) {
          const Digest digest = Sha256().add(data).digest();
          chunk.part_sha256.assign(digest.begin(), digest.end());
          chunk.resume_token = {static_cast<std::uint8_t>(sequence + 1)};
        }
        add(body, message);
      }
    }
    StreamTrailer& trailer = message.payload.emplace<StreamTrailer>();
    trailer.part_count = static_cast<std::uint32_t>(parts_.size());
    trailer.size_bytes = size_bytes_;
    trailer.sha256.assign(digest_.begin(), digest_.end());
    add(body, message);
    const Bytes end = test::trailers("grpc-status: 0\r\n");
    body.insert(body.end(), end.begin(), end.end());
    return body;
  }

 private:
  static void add(Bytes& body, const StreamProbeResponse& message) {
    const Bytes frame = framed(encoded(message));
    body.insert(body.end(), frame.begin(), frame.end());
  }

  std::vector<Bytes> parts_;
  Digest digest_{};
  std::size_t size_bytes_ = 0;
};

std::uint32_t asked_from(const HttpRequest& request) {
  const auto message = decoded<StreamProbeRequest>(Bytes(request.body.begin() + 5, request.body.end()));
  const Bytes& token = message->options->resume_token;
  return token.empty() ? 0 : token[0];
}

MorphogenClient client_of(const std::shared_ptr<test::ScriptedHttp>& http, int attempts = 6) {
  ClientOptions options;
  options.retry = {attempts, std::chrono::milliseconds(1), std::chrono::milliseconds(2)};
  return {std::make_shared<GrpcWebChannel>(http, "http://127.0.0.1:1", ""), options};
}

}  // namespace

TEST(sha256_is_the_one_of_the_standard) {
  EXPECT(digest_of("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT(digest_of("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT(digest_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT(digest_of(std::string(1'000'000, 'a')) == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

#if defined(MORPHOGEN_SHA_INSTRUCTIONS)
TEST(sha256_is_the_same_by_instructions_and_in_words) {
  if (!has_sha_instructions()) {
    std::puts("sha256 by instructions: not run, this processor has none");
    return;
  }
  std::mt19937 random(7);
  for (std::size_t count = 1; count < 40; ++count) {
    Bytes blocks(64 * count);
    for (auto& byte : blocks) byte = static_cast<std::uint8_t>(random());
    Sha256State one{1, 2, 3, 4, 5, 6, 7, 8};
    for (auto& word : one) word = static_cast<std::uint32_t>(random());
    Sha256State other = one;
    compress_in_words(one, blocks.data(), count);
    compress_by_instructions(other, blocks.data(), count);
    EXPECT(one == other);
  }
}
#endif

TEST(sha256_does_not_depend_on_the_pieces) {
  std::minstd_rand random(1);
  for (std::size_t size = 0; size < 300; ++size) {
    const std::string text(size, 'x');
    Sha256 pieces;
    for (std::size_t at = 0; at < size;) {
      const std::size_t length = std::min<std::size_t>(1 + random() % 80, size - at);
      pieces.add(text.data() + at, length);
      at += length;
    }
    EXPECT(hex(pieces.digest()) == digest_of(text));
  }
}

TEST(json_is_read_as_it_is_meant) {
  const auto document =
      json::parsed(R"( {"a": [1, -2.5e3, true, null, "\u00e4\ud83d\ude00\n\"", {}], "b": {"c": "d"}} )");
  EXPECT(document.has_value());
  const auto& array = (*document)["a"].array();
  EXPECT(array.size() == 6);
  EXPECT(array[1].number() == -2500 && array[2].boolean() && array[3].is_null());
  EXPECT(array[4].text() == "\xc3\xa4\xf0\x9f\x98\x80\n\"");
  EXPECT((*document)["b"]["c"].text() == "d");
  EXPECT((*document)["x"]["y"].text().empty() && std::isnan((*document)["b"].number()));
}

TEST(numbers_are_exact_in_any_locale) {
  std::setlocale(LC_ALL, "");
  std::minstd_rand random(6);
  for (int round = 0; round < 20'000; ++round) {
    char text[64];
    const double value = (static_cast<double>(random()) - 1e9) / static_cast<double>(1 + random() % 100'000) *
                         (round % 7 == 0   ? 1e40
                          : round % 5 == 0 ? 1e-30
                                           : 1.0);
    std::snprintf(text, sizeof text, round % 2 == 0 ? "%.17g" : "%.6f", value);
    const auto read = json::parsed(text);
    EXPECT(read && read->number() == std::strtod(text, nullptr));
  }
  EXPECT(json::parsed("-0.5e+2")->number() == -50 && json::parsed("0.1")->number() == 0.1);
  EXPECT(json::parsed("1e400").has_value() && !json::parsed("1e99999999999"));
}

TEST(what_is_no_json_is_nothing) {
  for (const char* text : {"", "{", "[1,]", "{\"a\" 1}", "tru", "\"\\u12\"", "\"\\x\"", "1 2", "nan", "-", "1.", ".5",
                           "1e", "+1", "1e+", "{\"a\":1,}", "[\"", "\"\\"}) {
    EXPECT(!json::parsed(text));
  }
  EXPECT(json::parsed(std::string(60, '[') + std::string(60, ']')));
  EXPECT(!json::parsed(std::string(100'000, '[')));
  std::minstd_rand random(2);
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    for (int length = static_cast<int>(random() % 24); length > 0; --length) {
      text += "{}[]\",:\\u0123trueflsn -e."[random() % 26];
    }
    (void)json::parsed(text);
  }
}

TEST(text_of_headers_is_decoded) {
  EXPECT(percent_decoded("100 %25 gr%C3%bc%zz%4") == "100 % gr\xc3\xbc%zz%4");
  EXPECT(base64_decoded("aGVsbG8") == bytes("hello") && base64_decoded("aGVsbG8=") == bytes("hello"));
  EXPECT(base64_decoded("_-8") == (Bytes{0xff, 0xef}) && base64_decoded("!").empty());
  const Headers read = trailers_of(bytes("Grpc-Status:3\r\ngrpc-message:  a b \r\nnonsense\r\n:\r\n"));
  EXPECT(header(read, "grpc-status") == "3" && header(read, "grpc-message") == "a b");
}

TEST(only_this_machine_is_this_machine) {
  for (const char* url :
       {"http://127.0.0.1:1", "http://localhost", "http://a.localhost:5/x", "http://[::1]:80", "grpc://127.9.9.9:5"}) {
    EXPECT(loopback(url));
  }
  for (const char* url : {"http://localhost.evil.example", "http://127.0.0.1.evil.example", "http://x@10.0.0.1",
                          "http://127.0.0.1@evil.example", "http://10.0.0.1:127", "http://", "", "http://[::2]",
                          "http://evil.example/localhost"}) {
    EXPECT(!loopback(url));
  }
}

TEST(tokens_stay_off_unencrypted_networks) {
  const auto http = std::make_shared<test::ScriptedHttp>([](const HttpRequest&) { return test::Answer{}; });
  for (const auto& [url, token] :
       {std::pair{"http://192.0.2.7:8080", "t"}, {"https://192.0.2.7", "a\r\nx: y"}, {"ftp://127.0.0.1", ""}}) {
    const MorphogenClient client(std::make_shared<GrpcWebChannel>(http, url, token), {});
    const auto catalog = client.catalog();
    EXPECT(!catalog && catalog.error().kind == ErrorKind::invalid_request);
    EXPECT(client.probe({}).result().error().kind == ErrorKind::invalid_request);
    EXPECT(client.explore_world().next() == std::nullopt);
  }
  EXPECT(http->request_count == 0);
}

TEST(errors_know_what_they_are_within) {
  EXPECT(Error(ErrorKind::checksum_mismatch, "").is(ErrorKind::broken_stream));
  EXPECT(Error(ErrorKind::not_found, "").is(ErrorKind::invalid_request));
  EXPECT(Error(ErrorKind::permission_denied, "").is(ErrorKind::unauthenticated));
  EXPECT(Error(ErrorKind::unsupported, "").is(ErrorKind::server));
  EXPECT(!Error(ErrorKind::broken_stream, "").is(ErrorKind::checksum_mismatch));
}

TEST(frames_say_what_is_in_them) {
  const auto type = frame_type_of("video/vp9;keyframe=0;alpha_bytes=12;pose_bytes=332");
  EXPECT(type && type->format == FrameFormat::vp9 && !type->keyframe && type->alpha_bytes == 12 &&
         type->pose_bytes == 332);
  EXPECT(frame_type_of("image/png") && frame_type_of("application/x-morphogen-pose")->pose_only);
  for (const char* text :
       {"", "text/html", "image/png;", "image/png;x", "image/png;x=", "image/png;x=1y", "image/png;=;", ";;;"}) {
    EXPECT(!frame_type_of(text));
  }
  Part part;
  part.media_type = "image/png;pose_bytes=332";
  part.data = Bytes(331);
  EXPECT(!frame_of(part, 0));
  part.data = Bytes(340);
  part.data[8 + 3] = 0x40;  // 2.0 in little endian
  const auto frame = frame_of(part, 7);
  EXPECT(frame && frame->number == 7 && frame->data.size() == 8 && frame->pose && frame->pose->root_m[0] == 2.0f);
  part.media_type = "image/png;alpha_bytes=99999999999999999999999";
  EXPECT(!frame_of(part, 0));
}

TEST(a_stream_that_is_cut_anywhere_gives_every_part_once) {
  for (unsigned seed = 1; seed <= 150; ++seed) {
    const Asset asset(1 + seed % 12, seed);
    std::minstd_rand random(seed);
    int cuts = static_cast<int>(random() % 20);
    const auto http = std::make_shared<test::ScriptedHttp>([&](const HttpRequest& request) {
      test::Answer answer{asset.stream(asked_from(request))};
      if (cuts-- > 0) {
        answer.body.resize(random() % answer.body.size());
        answer.cut = random() % 2 == 0;
      }
      return answer;
    });
    auto stream = client_of(http, 100).probe({});
    std::vector<Bytes> came;
    while (const auto update = stream.next()) {
      EXPECT(update->sequence == came.size());
      came.push_back(update->file->data);
    }
    EXPECT(!stream.error());
    EXPECT(came == asset.parts());
    EXPECT(stream.result()->sha256 == asset.digest());
  }
}

TEST(changed_bytes_never_pass) {
  const Asset asset(3, 5);
  const Bytes whole = asset.stream(0);
  std::minstd_rand random(3);
  for (int round = 0; round < 2000; ++round) {
    test::Answer answer{whole};
    answer.body[random() % whole.size()] ^= static_cast<std::uint8_t>(1 + random() % 255);
    const auto http = std::make_shared<test::ScriptedHttp>([&](const HttpRequest&) { return answer; });
    auto stream = client_of(http, 1).probe({});
    while (const auto update = stream.next()) {
      const auto& data = update->file->data;
      EXPECT(std::find(asset.parts().begin(), asset.parts().end(), data) != asset.parts().end());
    }
    if (!stream.error()) {
      EXPECT(stream.result()->sha256 == asset.digest());
    }
  }
}

TEST(attempts_without_progress_are_counted) {
  const auto http = std::make_shared<test::ScriptedHttp>([](const HttpRequest&) { return test::Answer{{}, true}; });
  const auto result = client_of(http, 4).probe({}).result();
  EXPECT(!result && result.error().kind == ErrorKind::unavailable);
  EXPECT(http->request_count == 4);
}

TEST(an_overloaded_server_is_asked_again_when_it_says) {
  const auto http = std::make_shared<test::ScriptedHttp>([](const HttpRequest&) {
    google_rpc::Status status{8, "busy", {{"type.googleapis.com/google.rpc.RetryInfo", {}}}};
    google_rpc::RetryInfo retry;
    retry.retry_delay = google_protobuf::Duration{0, 30'000'000};
    status.details[0].value = encoded(retry);
    std::string base64;  // of bytes that are all encoded by hand would be opaque: letters of six bits each
    const Bytes data = encoded(status);
    for (std::size_t bit = 0; bit < data.size() * 8; bit += 6) {
      unsigned value = 0;
      for (std::size_t index = bit; index < bit + 6; ++index) {
        value = value << 1 | (index < data.size() * 8 ? data[index / 8] >> (7 - index % 8) & 1u : 0u);
      }
      base64 += "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"[value];
    }
    return test::Answer{
        test::trailers("grpc-status: 8\r\ngrpc-message: busy\r\ngrpc-status-details-bin: " + base64 + "\r\n")};
  });
  const auto begin = Clock::now();
  const auto result = client_of(http, 3).probe({}).result();
  EXPECT(!result && result.error().kind == ErrorKind::overloaded);
  EXPECT(result.error().retry_after == std::chrono::milliseconds(30));
  EXPECT(Clock::now() - begin >= std::chrono::milliseconds(60));
  EXPECT(http->request_count == 3);
}

TEST(cancelling_ends_a_wait_from_any_thread) {
  const auto http =
      std::make_shared<test::ScriptedHttp>([](const HttpRequest&) { return test::Answer{{}, false, true}; });
  const MorphogenClient client = client_of(http);
  auto stream = client.probe({});
  CallOptions shared;
  shared.cancellation = std::make_shared<Cancellation>();
  std::thread other([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
    stream.cancel();
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
    shared.cancellation->cancel();
  });
  EXPECT(!stream.next() && stream.error()->kind == ErrorKind::cancelled);
  const auto catalog = client.catalog("", shared);
  EXPECT(!catalog && catalog.error().kind == ErrorKind::cancelled);
  other.join();
  auto world = client.explore_world({}, shared);
  EXPECT(!world.next() && world.error()->kind == ErrorKind::cancelled);
}

TEST(thousands_of_cancelled_streams_leave_nothing_behind) {
  const Asset asset(6, 9);
  const Bytes whole = asset.stream(0);
  const auto http = std::make_shared<test::ScriptedHttp>([&](const HttpRequest& request) {
    test::Answer answer{whole};
    answer.body.resize(request.body.size() * 131 % whole.size());
    answer.hangs = true;
    return answer;
  });
  const MorphogenClient client = client_of(http);
  std::vector<std::thread> threads;
  for (unsigned seed = 0; seed < 4; ++seed) {
    threads.emplace_back([&client, seed] {
      std::minstd_rand random(seed + 1);
      for (int round = 0; round < 500; ++round) {
        StreamProbeRequest request;
        request.part_count = static_cast<std::uint32_t>(random());
        auto stream = client.probe(request);
        std::thread canceller([&stream, pause = random() % 300] {
          std::this_thread::sleep_for(std::chrono::microseconds(pause));
          stream.cancel();
        });
        while (stream.next()) {
        }
        EXPECT(stream.error() && stream.error()->kind == ErrorKind::cancelled);
        canceller.join();
      }
    });
  }
  for (std::thread& each : threads) {
    each.join();
  }
  EXPECT(http->open_count == 0);
}

int main() { return test::run_all(); }
