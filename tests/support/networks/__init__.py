"""Talks over broken networks: the web client in Chromium and the emulator, each in a network
namespace of its own, joined by two TUN devices and a `Link` that loses, delays, reorders and cuts
packets. What is said is numbered, and so can be counted on the other side.

    python -m support.networks --runs 200 --at-once 4 --seed 7

It needs root (or sudo without a password), /dev/net/tun, iproute2, util-linux and Chromium.
"""
